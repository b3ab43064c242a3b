using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Web.Components.Models;

/// <summary>One field of the form that tries a model, with a typical value from the training data's profile.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Levels">What can be picked; empty for free input.</param>
/// <param name="Typical">The median or the most frequent level; empty when nothing is known (text).</param>
/// <param name="Hint">The usual range, or null.</param>
public sealed record TryField(string Name, ColumnKind Kind, ImmutableArray<string> Levels, string Typical, string? Hint)
{
    private const int MedianIndex = 4;
    private const int LowIndex = 2; // 5 %
    private const int HighIndex = 6; // 95 %

    /// <summary>The fields of a model, in the schema's order.</summary>
    public static ImmutableArray<TryField> Of(ImmutableArray<ColumnSpec> inputs, DatasetProfile profile) =>
        [.. inputs.Select(c => Of(c, profile.Find(c.Name)))];

    /// <summary>The typical value as JSON takes it: a number, a text, or null.</summary>
    public object? TypicalValue => Typical.Length == 0
        ? null
        : Kind == ColumnKind.Numeric ? double.Parse(Typical, CultureInfo.InvariantCulture) : Typical;

    private static TryField Of(ColumnSpec column, ColumnProfile? profile)
    {
        var quantiles = profile?.Quantiles is { IsDefault: false } q && q.Length == ColumnProfile.QuantileShares.Length ? q : [];
        var top = profile?.TopLevels is { IsDefaultOrEmpty: false } levels ? levels.Select(l => l.Level).ToImmutableArray() : [];
        return column.Kind switch
        {
            ColumnKind.Numeric => new TryField(column.Name, column.Kind, [], Number(quantiles), Range(quantiles)),
            ColumnKind.DateTime => new TryField(column.Name, column.Kind, [], quantiles.IsEmpty ? "" : Date(quantiles[MedianIndex], column.DateFormat), column.DateFormat),
            ColumnKind.Boolean or ColumnKind.Categorical => new TryField(column.Name, column.Kind, Options(column, top), top.FirstOrDefault() ?? "", null),
            _ => new TryField(column.Name, column.Kind, [], "", null),
        };
    }

    // The frequent levels first, then the rest of the schema's.
    private static ImmutableArray<string> Options(ColumnSpec column, ImmutableArray<string> top) =>
        [.. top.Concat(column.Levels.IsDefault ? [] : column.Levels).Distinct(StringComparer.Ordinal)];

    private static string Number(ImmutableArray<double> quantiles)
    {
        if (quantiles.IsEmpty || !double.IsFinite(quantiles[MedianIndex]))
            return "";
        // A median between two whole numbers would be no value of the column.
        var isWhole = quantiles.Count(v => v == Math.Truncate(v)) >= quantiles.Length - 2;
        var median = isWhole ? Math.Round(quantiles[MedianIndex]) : quantiles[MedianIndex];
        return ((float)median).ToString("R", CultureInfo.InvariantCulture);
    }

    private static string? Range(ImmutableArray<double> quantiles) =>
        quantiles.IsEmpty ? null : $"usually {Format.Number(quantiles[LowIndex])} to {Format.Number(quantiles[HighIndex])}";

    private static string Date(double seconds, string? format) => format is null || !double.IsFinite(seconds)
        ? Format.UnixSeconds(seconds).Replace("–", "", StringComparison.Ordinal)
        : DateTimeOffset.UnixEpoch.AddSeconds(Math.Round(seconds)).ToString(format, CultureInfo.InvariantCulture);
}
