using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;

namespace AlgoFactory.Hosting.Training;

/// <summary>
/// What decides about the score of a trial: two runs in which all of it is the same may share their trials. The budget, the
/// tuner, the learners and the threads are not of it: they may change when a run is resumed.
/// </summary>
internal static class TrialIdentity
{
    /// <summary>The request's part of it by name, and the files' hashes.</summary>
    /// <param name="request">What was asked.</param>
    /// <param name="rows">Training rows that are in memory: a sample where all were too many.</param>
    public static ImmutableSortedDictionary<string, string> Of(TrainRequest request, int rows)
    {
        var identity = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        identity["training file sha256"] = Hash(request.File);
        if (request.ValidationFile is { } validation)
            identity["validation file sha256"] = Hash(validation);
        identity["number of rows"] = rows.ToString(CultureInfo.InvariantCulture);
        identity["label"] = request.Label;
        identity["task"] = request.Task.ToLowerInvariant();
        identity["recommender"] = request.Recommend?.ToString() ?? "";
        identity["metric"] = request.Metric ?? "";
        identity["seed"] = request.Seed.ToString(CultureInfo.InvariantCulture);
        identity["folds"] = request.Folds.ToString(CultureInfo.InvariantCulture);
        identity["split"] = request.Split;
        identity["time column"] = request.Time ?? "";
        identity["gap"] = request.Gap ?? "";
        identity["positive class"] = request.Positive ?? "";
        identity["ignored columns"] = string.Join(", ", request.Ignore.Order(StringComparer.Ordinal));
        identity["column overrides"] = string.Join(", ", request.Overrides.Select(o => $"{o.Column}: {o.Kind} {o.Role}").Order(StringComparer.Ordinal));
        identity["encoding"] = request.Read.Encoding ?? "";
        identity["separator"] = request.Read.Separator?.ToString() ?? "";
        identity["decimal comma"] = request.Read.DecimalComma ? "yes" : "no";
        return identity.ToImmutable();
    }

    private static string Hash(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }
}
