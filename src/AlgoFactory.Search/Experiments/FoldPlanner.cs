using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Chooses the splits by the data's size, never by the clock: folds for small data, a holdout part for large data.
/// Classes are spread evenly over the parts, and rows of one group stay together.
/// </summary>
public static class FoldPlanner
{
    /// <summary>Above this many rows a holdout part is used.</summary>
    public const int FoldedRows = 20_000;

    /// <summary>Above this many rows × columns × outputs a holdout part is used: there one fit is a matter of many seconds.</summary>
    public const long FoldedCells = 10_000_000;

    /// <summary>Folds on small data.</summary>
    public const int DefaultFolds = 5;

    /// <summary>The share of rows in a holdout part.</summary>
    public const double HoldoutShare = 0.2;

    /// <summary>A holdout part need not be larger: the standard error of a score is small by then.</summary>
    public const int HoldoutRows = 50_000;

    /// <summary>Makes the plan.</summary>
    /// <param name="data">The data.</param>
    /// <param name="task">The task.</param>
    /// <param name="folds">Folds as the user wants; 0: chosen here; 1: a holdout part.</param>
    /// <param name="seed">The seed.</param>
    /// <exception cref="LearningException">There are too few rows for that many parts.</exception>
    public static FoldPlan Plan(ExperimentData data, TaskSpec task, int folds, int seed)
    {
        var rows = data.Train.RowCount;
        if (data.Validation is { } validation)
            return new FoldPlan([new Fold(Range(rows), Range(validation.Frame.RowCount))], true, "own validation file");
        if (rows < 10)
            throw new LearningException(
                $"The table has {rows} rows with a label; at least 10 are needed to train and validate a model.");
        if (folds > rows / 2)
            throw new LearningException($"{folds} folds are too many for {rows} rows; use at most {rows / 2}.");

        var cells = (long)rows * Math.Max(1, data.Schema.Features.Count()) * task.OutputWidth;
        if (folds == 0)
            folds = rows <= FoldedRows && cells <= FoldedCells ? DefaultFolds : 1;
        var holdout = Math.Min(HoldoutShare, (double)HoldoutRows / rows);
        var parts = Deal(data, task, folds > 1 ? folds : (int)Math.Round(1 / holdout), seed);
        var sizes = new int[parts.Max() + 1];
        foreach (var part in parts)
            sizes[part]++;
        if (folds > 1)
            return new FoldPlan([.. Enumerable.Range(0, sizes.Length).Select(part => Split(parts, part))], false, $"{sizes.Length}-fold");
        var fold = Split(parts, Array.IndexOf(sizes, sizes.Min()));
        var share = (double)fold.Validation.Length / rows;
        return new FoldPlan([fold], false, string.Create(CultureInfo.InvariantCulture, $"holdout {share * 100:0.#} %"));
    }

    /// <summary>
    /// Deals the rows out to parts of nearly equal size: in random order within each class, or, for regression, within
    /// each of ten slices of the target; groups are dealt whole, the largest first, each to the smallest part.
    /// </summary>
    private static int[] Deal(ExperimentData data, TaskSpec task, int parts, int seed)
    {
        var rows = data.Train.RowCount;
        var random = new SplitMix64((ulong)seed);
        var order = Enumerable.Range(0, rows).ToArray();
        random.Shuffle(order);
        var part = new int[rows];
        if (!data.Groups.IsEmpty)
        {
            DealGroups(data.Groups.Span, order, part, parts);
            return part;
        }

        var labels = data.TrainLabels.ToArray();
        var strata = task.Kind == TaskKind.Regression ? Slices(labels) : Array.ConvertAll(labels, l => (int)l);
        // A stable sort keeps the random order within a stratum; one hand deals on from stratum to stratum, so that the
        // parts' sizes differ by at most one row.
        var next = 0;
        foreach (var row in order.OrderBy(r => strata[r]))
            part[row] = next++ % parts;
        return part;
    }

    private static int[] Slices(float[] labels)
    {
        const int slices = 10;
        var byValue = Enumerable.Range(0, labels.Length).ToArray();
        Array.Sort((float[])labels.Clone(), byValue);
        var slice = new int[labels.Length];
        for (var i = 0; i < byValue.Length; i++)
            slice[byValue[i]] = (int)((long)i * slices / byValue.Length);
        return slice;
    }

    private static void DealGroups(ReadOnlySpan<int> groups, int[] order, int[] part, int parts)
    {
        var members = new Dictionary<int, List<int>>();
        foreach (var row in order)
        {
            if (!members.TryGetValue(groups[row], out var list))
                members.Add(groups[row], list = []);
            list.Add(row);
        }

        if (members.Count < 2)
            throw new LearningException("All rows are of one group, so no rows are left to validate on; choose another group column.");
        var sizes = new int[Math.Min(parts, members.Count)];
        foreach (var list in members.Values.OrderByDescending(l => l.Count))
        {
            var smallest = Array.IndexOf(sizes, sizes.Min());
            sizes[smallest] += list.Count;
            foreach (var row in list)
                part[row] = smallest;
        }
    }

    private static Fold Split(int[] parts, int validation)
    {
        var train = ImmutableArray.CreateBuilder<int>();
        var held = ImmutableArray.CreateBuilder<int>();
        for (var row = 0; row < parts.Length; row++)
            (parts[row] == validation ? held : train).Add(row);
        return new Fold(train.ToImmutable(), held.ToImmutable());
    }

    private static ImmutableArray<int> Range(int count) => [.. Enumerable.Range(0, count)];
}
