using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Explaining;

/// <summary>What is wrong with data, column by column, and how far it has moved from what a model was trained on.</summary>
public static class DataQuality
{
    private const double MuchMissing = 0.3;
    private const double ManyLevels = 50;
    private const double NotableDrift = 0.1;
    private const double Significance = 0.01;

    /// <summary>Looks at the columns of rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="training">The training data's profile, which they are compared with.</param>
    public static ImmutableArray<ColumnQuality> Of(Frame rows, ImmutableArray<ColumnSpec> columns, DatasetProfile training) =>
        [.. columns.Where(c => rows.Find(c.Name) is not null).Select(c => Of(rows[c.Name], c, training.Find(c.Name), columns.Length))];

    private static ColumnQuality Of(Column column, ColumnSpec spec, ColumnProfile? training, int tests)
    {
        var present = Enumerable.Range(0, column.Length).Where(r => !column.IsMissing(r)).ToArray();
        var missing = column.Length == 0 ? 0 : 1 - (double)present.Length / column.Length;
        var distinct = column switch
        {
            NumericColumn numbers => present.Select(r => numbers.Values[r]).Distinct().Count(),
            CategoryColumn categories => present.Select(r => categories.Codes[r]).Distinct().Count(),
            TextColumn texts => present.Select(r => texts.Values[r]).Distinct().Count(),
            ImageColumn images => present.Select(r => RowHashes.Bytes(images.Values[r])).Distinct().Count(),
            _ => 0,
        };
        var outliers = column is NumericColumn values && spec.Kind == ColumnKind.Numeric ? Outliers(values, present) : 0;
        var unknown = column is CategoryColumn { Codes: var codes } ? codes.Count(CategoryColumn.Unknown) : 0;
        var drift = training is { Count: > 0 } && present.Length > 0 ? Drift(column, spec, training, present) : null;
        var findings = ImmutableArray.CreateBuilder<string>();
        var trainedMissing = training is { } t && t.Count + t.Missing > 0 ? (double)t.Missing / (t.Count + t.Missing) : missing;
        if (distinct <= 1 && column.Length > 1)
            findings.Add(present.Length == 0 ? "has no value in any row" : "has the same value in every row");
        else if (missing >= MuchMissing)
            findings.Add($"is missing in {missing:P0} of the rows");
        if (Math.Abs(missing - trainedMissing) >= NotableDrift)
            findings.Add($"is missing in {missing:P0} of the rows, in training it was in {trainedMissing:P0}");
        if (column is CategoryColumn && distinct > ManyLevels)
            findings.Add($"has {distinct} different values");
        if (unknown > 0)
            findings.Add($"has a value that training did not know in {unknown} rows");
        if (outliers > 0.01 * present.Length)
            findings.Add($"has {outliers} values far outside of the middle half (three times its width)");
        if (drift is { } moved && moved.Distance >= NotableDrift && moved.PValue * tests <= Significance)
            findings.Add($"is distributed differently than in training (distance {moved.Distance:0.00})");
        return new ColumnQuality(spec.Name, spec.Kind, missing, distinct, outliers, unknown, drift?.Distance, findings.ToImmutable());
    }

    /// <summary>Values beyond three times the middle half's width from it: Tukey's "far out" (1977).</summary>
    private static int Outliers(NumericColumn column, int[] present)
    {
        double[] sorted = [.. present.Select(r => column.Values[r]).Order()];
        if (sorted.Length < 4)
            return 0;
        var (low, high) = (sorted[sorted.Length / 4], sorted[sorted.Length * 3 / 4]);
        var width = high - low;
        // Where the middle half is one value, every other one would lie outside.
        return width > 0 ? sorted.Count(v => v < low - 3 * width || v > high + 3 * width) : 0;
    }

    private static (double Distance, double PValue)? Drift(Column column, ColumnSpec spec, ColumnProfile training, int[] present) => column switch
    {
        NumericColumn numbers when training.Quantiles.Length == ColumnProfile.QuantileShares.Length => Numbers([.. present.Select(r => numbers.Values[r]).Order()], training),
        NumericColumn truths when spec.Kind == ColumnKind.Boolean => Levels(present.Select(r => ColumnText.Of(truths.Values[r], spec)), training),
        CategoryColumn categories => Levels(present.Select(r => categories.Codes[r] >= 0 ? categories.Levels[categories.Codes[r]] : ""), training),
        _ => null,
    };

    /// <summary>
    /// Kolmogorov and Smirnov's distance at the quantiles that the profile knows, the least that fits them: where a quantile is
    /// a value that many rows have, the profile leaves open how many lie just at it.
    /// </summary>
    private static (double, double) Numbers(double[] sorted, ColumnProfile training)
    {
        var distance = 0.0;
        for (var i = 0; i < training.Quantiles.Length; i++)
        {
            var (value, share) = (training.Quantiles[i], ColumnProfile.QuantileShares[i]);
            var upTo = (double)Below(sorted, value, orEqual: true) / sorted.Length;
            var below = (double)Below(sorted, value, orEqual: false) / sorted.Length;
            distance = Math.Max(distance, Math.Max(share - upTo, below - share));
        }

        return (distance, HypothesisTests.DistributionsDiffer(distance, sorted.Length, training.Count));
    }

    private static int Below(double[] sorted, double value, bool orEqual)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (sorted[middle] < value || (orEqual && sorted[middle] == value))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    /// <summary>Half of the sum of the shares' differences, over the levels that the profile counts and all others as one.</summary>
    private static (double, double)? Levels(IEnumerable<string> values, ColumnProfile training)
    {
        if (training.TopLevels.IsDefaultOrEmpty)
            return null;
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (level, i) in training.TopLevels.Select((l, i) => (l.Level, i)))
            counts[level] = i;
        var (here, there) = (new double[counts.Count + 1], new double[counts.Count + 1]);
        foreach (var value in values)
            here[counts.TryGetValue(value, out var at) ? at : counts.Count]++;
        foreach (var level in training.TopLevels)
            there[counts[level.Level]] = level.Count;
        there[^1] = Math.Max(0, training.Count - there.Sum());
        var (n, m) = (here.Sum(), there.Sum());
        return (here.Zip(there, (a, b) => Math.Abs(a / n - b / m)).Sum() / 2, HypothesisTests.CountsDiffer(here, there));
    }
}

/// <summary>What is wrong with a column.</summary>
/// <param name="Column">The column.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="MissingShare">The share of rows without a value.</param>
/// <param name="Distinct">Different values.</param>
/// <param name="Outliers">Numbers: values beyond three times the middle half's width from it.</param>
/// <param name="Unknown">Categories: rows with a value that training did not know.</param>
/// <param name="Drift">
/// How far the distribution is from the training data's, in [0, 1]: the largest difference of shares below a value (numbers),
/// or the share of rows that would have to change (categories); null where it is not known.
/// </param>
/// <param name="Findings">What is notable, each the rest of a sentence that begins with the column.</param>
public sealed record ColumnQuality(
    string Column, ColumnKind Kind, double MissingShare, int Distinct, int Outliers, int Unknown, double? Drift, ImmutableArray<string> Findings);
