using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Web.Components.Experiments;

/// <summary>The order and the words of a leaderboard's lines.</summary>
internal static class Leaderboard
{
    /// <summary>Ranks trials as of now: good ones by score (ties by number), then the failed ones by number.</summary>
    public static ImmutableArray<LeaderboardEntry> Rank(IEnumerable<LeaderboardEntry> trials, bool higherIsBetter)
    {
        var sign = higherIsBetter ? -1 : 1;
        var all = trials.ToList();
        var good = all.Where(IsGood).OrderBy(t => sign * t.Score!.Value).ThenBy(t => t.Trial).Select((t, i) => t with { Rank = i + 1 });
        var failed = all.Where(t => !IsGood(t)).OrderBy(t => t.Trial).Select(t => t with { Rank = null });
        return [.. good, .. failed];
    }

    /// <summary>Whether a trial has a score.</summary>
    public static bool IsGood(LeaderboardEntry trial) => trial.Error is null && trial.Score is { } score && double.IsFinite(score);

    /// <summary><c>learning_rate 0.05, leaves 31</c>; the defaults are not listed.</summary>
    public static string Parameters(LeaderboardEntry trial) => trial.Parameters.Count == 0
        ? "default settings"
        : string.Join(", ", trial.Parameters.Select(p => $"{p.Key.Replace('_', ' ')} {Value(p.Value)}"));

    /// <summary>The points of the chart, by trial number: <c>[{trial, learner, score}]</c>.</summary>
    public static string ChartData(IEnumerable<LeaderboardEntry> trials) => JsonSerializer.Serialize(
        trials.Where(IsGood).OrderBy(t => t.Trial).Select(t => new { t.Trial, learner = Vocabulary.Learner(t.Learner), t.Score }),
        JsonSerializerOptions.Web);

    private static string Value(object value) => value switch
    {
        double number => Format.Number(number),
        JsonElement { ValueKind: JsonValueKind.Number } number => Format.Number(number.GetDouble()),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
