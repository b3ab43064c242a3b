using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>A window's counts in the bins of a baseline.</summary>
/// <param name="Bins">Rows in each bin.</param>
/// <param name="Missing">Rows without a value.</param>
/// <param name="New">Rows whose value is a level that the model does not know.</param>
/// <param name="Rows">All rows.</param>
public sealed record WindowCounts(long[] Bins, long Missing, long New, long Rows);

/// <summary>
/// What a column looked like in training, as bins that a window's rows are counted in: ranges of a number, or the most frequent
/// levels of a category and one bin for all others. Immutable.
/// </summary>
public sealed class ColumnBaseline
{
    private readonly double[] _ends;
    private readonly int[] _binOfCode;
    private readonly (double Minimum, double Width)? _equal;

    private ColumnBaseline(ColumnSpec spec, ColumnProfile profile, double[] ends, int[] binOfCode, long[] before, string[] labels, (double, double)? equal = null)
    {
        (Spec, Profile, _ends, _binOfCode, _equal) = (spec, profile, ends, binOfCode, equal);
        (Before, Labels) = ([.. before], [.. labels]);
    }

    /// <summary>The column.</summary>
    public ColumnSpec Spec { get; }

    /// <summary>Its profile.</summary>
    public ColumnProfile Profile { get; }

    /// <summary>Training rows in each bin; empty where only missing values are counted, as of texts and dates (which move on).</summary>
    public ImmutableArray<long> Before { get; }

    /// <summary>The bins in words.</summary>
    public ImmutableArray<string> Labels { get; }

    /// <summary>Whether the bins are ranges of a number, and so in an order.</summary>
    public bool IsOrdered => _binOfCode.Length == 0 && Before.Length > 0;

    /// <summary>The baseline of an input.</summary>
    public static ColumnBaseline Of(ColumnSpec spec, ColumnProfile profile) => spec.Kind switch
    {
        ColumnKind.Numeric when profile.BinEnds is { Length: > 0 } ends && profile.BinCounts.Length == ends.Length + 1 =>
            new(spec, profile, [.. ends], [], [.. profile.BinCounts], Ranges(ends.AsSpan())),
        // Profiles of earlier programs have bins of equal widths, whose last one holds its upper end.
        ColumnKind.Numeric when profile.HistogramEdges is { Length: > 2 } edges && profile.HistogramCounts.Length == edges.Length - 1 && edges[^1] > edges[0] =>
            new(spec, profile, [], [], [.. profile.HistogramCounts], Ranges(edges.AsSpan()[1..^1]), (edges[0], edges[^1] - edges[0])),
        ColumnKind.Categorical or ColumnKind.Boolean when profile.TopLevels.Length > 0 => OfLevels(spec, profile),
        _ => new(spec, profile, [], [], [], []),
    };

    /// <summary>Counts a window's values.</summary>
    public WindowCounts Count(Column column)
    {
        var bins = new long[Before.Length];
        long missing = 0, unknown = 0;
        for (var row = 0; row < column.Length; row++)
        {
            if (column.IsMissing(row))
            {
                missing++;
                continue;
            }

            if (column is CategoryColumn { Codes: var codes } && codes[row] == CategoryColumn.Unknown)
                unknown++;
            if (bins.Length > 0)
                bins[BinOf(column, row)]++;
        }

        return new WindowCounts(bins, missing, unknown, column.Length);
    }

    /// <summary>The middle of each bin of a number; the open ones' is their end. In standard deviations of the training rows.</summary>
    public double[] Centres()
    {
        var ends = _equal is { } equal ? [.. Enumerable.Range(1, Before.Length - 1).Select(i => equal.Minimum + i * equal.Width / Before.Length)] : _ends;
        var deviation = Profile.StandardDeviation is > 0 and var s ? s : 1;
        var centres = new double[ends.Length + 1];
        for (var b = 0; b < centres.Length; b++)
            centres[b] = (b == 0 ? ends[0] : b == ends.Length ? ends[^1] : (ends[b - 1] + ends[b]) / 2) / deviation;
        return centres;
    }

    private int BinOf(Column column, int row)
    {
        if (column is CategoryColumn categories)
            return categories.Codes[row] is >= 0 and var code && code < _binOfCode.Length ? _binOfCode[code] : Before.Length - 1;
        var value = ((NumericColumn)column).Values[row];
        if (_binOfCode.Length > 0)
            return _binOfCode[value == 0 ? 0 : 1];
        return _equal is { } equal
            ? (int)Math.Clamp((value - equal.Minimum) / equal.Width * Before.Length, 0, Before.Length - 1)
            : Binning.Find(_ends, value);
    }

    private static ColumnBaseline OfLevels(ColumnSpec spec, ColumnProfile profile)
    {
        ImmutableArray<string> levels = spec.Kind == ColumnKind.Boolean && spec.Levels.Length != 2 ? ["false", "true"] : spec.Levels;
        var top = profile.TopLevels;
        var place = top.Select((l, i) => (l.Level, i)).ToDictionary(l => l.Level, l => l.i, StringComparer.Ordinal);
        var bins = levels.Select(l => place.GetValueOrDefault(l, top.Length)).ToArray();
        return new ColumnBaseline(
            spec, profile, [], bins, [.. top.Select(l => l.Count), Math.Max(0, profile.Count - top.Sum(l => l.Count))], [.. top.Select(l => l.Level), "other"]);
    }

    private static string[] Ranges(ReadOnlySpan<double> ends)
    {
        var labels = new string[ends.Length + 1];
        labels[0] = "up to " + Text(ends[0]);
        for (var i = 1; i < ends.Length; i++)
            labels[i] = $"{Text(ends[i - 1])} to {Text(ends[i])}";
        labels[^1] = "above " + Text(ends[^1]);
        return labels;
    }

    private static string Text(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
