using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Finds the segments of rows that a model predicts worst (Chung, Kraska, Polyzotis, Tae and Whang, "Slice Finder", 2019): those
/// of one column's values, and of pairs where neither value is a bad segment by itself. A segment is reported when its rows'
/// mean loss lies above the others' by more than chance (Welch's test) and by an effect that matters.
/// </summary>
/// <remarks>
/// Whoever looks at many segments finds bad ones in noise. The p-values are therefore multiplied by the number of all segments
/// and pairs that might have been looked at (Bonferroni), whether they were or not: the search itself chooses where to look.
/// </remarks>
public static class SliceFinder
{
    /// <summary>The smallest difference that is reported, in standard deviations: Cohen's small effect.</summary>
    public const double SmallestEffect = 0.2;

    /// <summary>The largest p-value that is reported, corrected for the number of segments.</summary>
    public const double Significance = 0.05;

    private const int Bins = 5;
    private const int Expanded = 60;
    private const double MostOverlap = 0.8;

    /// <summary>The loss of each row: -ln(probability of its class), or the absolute error.</summary>
    public static double[] Losses(TaskSpec task, ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        var losses = new double[labels.Length];
        for (var row = 0; row < losses.Length; row++)
        {
            if (!task.IsClassification)
            {
                losses[row] = Math.Abs((double)scores[row] - labels[row]);
                continue;
            }

            var own = task.Kind == TaskKind.Binary
                ? labels[row] == 1 ? scores[row] : labels[row] == 0 ? 1 - (double)scores[row] : 0
                : labels[row] >= 0 ? scores[row * task.OutputWidth + (int)labels[row]] : 0;
            // A single certain mistake must not be a segment's whole loss.
            losses[row] = -Math.Log(Math.Clamp(own, 1e-6, 1));
        }

        return losses;
    }

    /// <summary>Finds the worst segments.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">Their columns.</param>
    /// <param name="losses">The loss of each row.</param>
    /// <param name="most">Segments at most.</param>
    public static SliceReport Find(Frame rows, ImmutableArray<ColumnSpec> columns, double[] losses, int most = 10)
    {
        var smallest = Math.Max(30, rows.RowCount / 100);
        ColumnBins[] bins = [.. columns.Select(c => rows.Find(c.Name) is { } column ? ColumnBins.Of(column, c, Bins) : null).OfType<ColumnBins>()];
        var all = Moments.Of(losses);
        Candidate[] singles = [.. bins.SelectMany((b, c) => Singles(b, c, losses)).Where(s => s.Within.Count >= smallest && s.Within.Count < all.Count)];
        var tests = singles.Length + singles.Length * (singles.Length - 1.0) / 2;
        var found = new List<(Candidate Candidate, Slice Slice)>();
        var open = new List<Candidate>();
        foreach (var single in singles.OrderByDescending(s => Effect(s.Within, all - s.Within)))
        {
            if (Test(single, all, tests, bins) is { } slice)
                found.Add((single, slice));
            else
                open.Add(single);
        }

        foreach (var pair in Pairs([.. open.Take(Expanded)], bins, losses))
            if (pair.Within.Count >= smallest && Test(pair, all, tests, bins) is { } slice)
                found.Add((pair, slice));
        return new SliceReport(rows.RowCount, all.Mean, (long)tests, Distinct(found, bins, most));
    }

    private static IEnumerable<Candidate> Singles(ColumnBins bins, int column, double[] losses)
    {
        var sums = new Moments[bins.Count];
        for (var row = 0; row < losses.Length; row++)
            sums[bins.Codes[row]] = sums[bins.Codes[row]].With(losses[row]);
        return sums.Select((s, bin) => new Candidate([(column, bin)], s));
    }

    private static IEnumerable<Candidate> Pairs(Candidate[] singles, ColumnBins[] bins, double[] losses)
    {
        // All pairs of two columns' bins in one pass over the rows.
        var columns = singles.Select(s => s.Terms[0].Column).Distinct().ToArray();
        for (var i = 0; i < columns.Length; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var (first, second) = (bins[columns[i]], bins[columns[j]]);
                var sums = new Moments[first.Count * second.Count];
                for (var row = 0; row < losses.Length; row++)
                {
                    ref var at = ref sums[first.Codes[row] * second.Count + second.Codes[row]];
                    at = at.With(losses[row]);
                }

                foreach (var a in singles.Where(s => s.Terms[0].Column == columns[i]))
                    foreach (var b in singles.Where(s => s.Terms[0].Column == columns[j]))
                        yield return new Candidate([a.Terms[0], b.Terms[0]], sums[a.Terms[0].Bin * second.Count + b.Terms[0].Bin]);
            }
        }
    }

    private static Slice? Test(Candidate candidate, Moments all, double tests, ColumnBins[] bins)
    {
        var (within, outside) = (candidate.Within, all - candidate.Within);
        var effect = Effect(within, outside);
        if (!(effect >= SmallestEffect))
            return null;
        var p = Math.Min(1, tests * HypothesisTests.WelchAbove(within, outside));
        return p > Significance ? null : new Slice(
            [.. candidate.Terms.Select(t => bins[t.Column].Names[t.Bin])], (int)within.Count, within.Mean, outside.Mean, effect, p);
    }

    /// <summary>The difference of the means in units of the two standard deviations' root mean square.</summary>
    private static double Effect(Moments within, Moments outside)
    {
        var spread = Math.Sqrt((within.Variance + outside.Variance) / 2);
        return spread > 0 ? (within.Mean - outside.Mean) / spread : within.Mean > outside.Mean ? double.MaxValue : 0;
    }

    // The worst first; a segment of nearly the same rows as a worse one says nothing new.
    private static ImmutableArray<Slice> Distinct(List<(Candidate Candidate, Slice Slice)> found, ColumnBins[] bins, int most)
    {
        var kept = new List<(bool[] Rows, Slice Slice)>();
        foreach (var (candidate, slice) in found.OrderByDescending(f => f.Slice.Effect))
        {
            if (kept.Count == most)
                break;
            var rows = new bool[bins[0].Codes.Length];
            for (var row = 0; row < rows.Length; row++)
                rows[row] = candidate.Terms.All(t => bins[t.Column].Codes[row] == t.Bin);
            if (kept.All(k => Overlap(k.Rows, rows) < MostOverlap))
                kept.Add((rows, slice));
        }

        return [.. kept.Select(k => k.Slice)];
    }

    /// <summary>Rows in both as a share of those in either (Jaccard).</summary>
    private static double Overlap(bool[] first, bool[] second)
    {
        var (both, either) = (0, 0);
        for (var i = 0; i < first.Length; i++)
        {
            both += first[i] && second[i] ? 1 : 0;
            either += first[i] || second[i] ? 1 : 0;
        }

        return (double)both / either;
    }

    private sealed record Candidate((int Column, int Bin)[] Terms, Moments Within);
}

/// <summary>The segments that a model predicts worst.</summary>
/// <param name="Rows">Rows that were looked at.</param>
/// <param name="Loss">Their mean loss: -ln(probability of the row's class), or the absolute error.</param>
/// <param name="Tests">Segments that p-values were corrected for.</param>
/// <param name="Slices">The segments, the worst first; empty when none differs by more than chance.</param>
public sealed record SliceReport(int Rows, double Loss, long Tests, ImmutableArray<Slice> Slices);

/// <summary>A segment of rows.</summary>
/// <param name="Terms">What its rows have in common, such as <c>age ≤ 30</c>.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Loss">Their mean loss.</param>
/// <param name="LossElsewhere">The other rows' mean loss.</param>
/// <param name="Effect">The difference in standard deviations.</param>
/// <param name="PValue">How likely such a difference is by chance, corrected for all segments that might have been looked at.</param>
public sealed record Slice(ImmutableArray<string> Terms, int Rows, double Loss, double LossElsewhere, double Effect, double PValue);
