using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.InteropServices;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Data.Splitting;
using AlgoFactory.Learning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// Chooses the splits by the data's size, never by the clock: folds for small data, a holdout part for large data.
/// Classes are spread evenly over the parts, and rows of one group stay together. With times, newer rows are validated on
/// than trained on; with folds that the user has dealt, those are taken.
/// </summary>
public static class FoldPlanner
{
    /// <summary>Above this many rows a holdout part is used.</summary>
    public const int FoldedRows = 20_000;

    /// <summary>Above this many rows × columns × outputs a holdout part is used: there one fit alone takes seconds.</summary>
    public const long FoldedCells = 4_000_000;

    /// <summary>Columns that an image counts as: learners read thousands of gradients of each, or its pixels.</summary>
    private const int ImageColumns = 800;

    /// <summary>Folds on small data.</summary>
    public const int DefaultFolds = 5;

    /// <summary>The share of rows in a holdout part.</summary>
    public const double HoldoutShare = 0.2;

    /// <summary>A holdout part need not be larger: the standard error of a score is small by then.</summary>
    public const int HoldoutRows = 50_000;

    /// <summary>The share of rows, the newest, that forward folds are validated on; the older ones are always trained on.</summary>
    public const double ForwardShare = 0.5;

    /// <summary>The most folds that a column may name: each is a fit.</summary>
    public const int MostFolds = 50;

    /// <summary>Users to validate a recommender on at most: every one of them costs a pass over all items.</summary>
    public const int RankedUsers = 5_000;

    /// <summary>Makes the plan.</summary>
    /// <param name="data">The data.</param>
    /// <param name="task">The task.</param>
    /// <param name="folds">Folds as the user wants; 0: chosen here; 1: a holdout part.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="split">How a recommender's validation rows are chosen, unless folds are asked for.</param>
    /// <exception cref="LearningException">There are too few rows for that many parts.</exception>
    public static FoldPlan Plan(ExperimentData data, TaskSpec task, int folds, int seed, InteractionSplit split = InteractionSplit.Auto)
    {
        var rows = data.Train.RowCount;
        if (data.Validation is { } validation)
            return new FoldPlan([new Fold(Range(rows), Range(validation.Frame.RowCount))], true, "own validation file");
        if (rows < 10)
            throw new LearningException(
                $"The table has {rows} rows with a label; at least 10 are needed to train and validate a model.");
        if (task.IsRecommendation && folds == 0 && Held(data, task, split, seed) is { } held)
            return held;
        if (!data.Folds.IsEmpty)
            return Given(data.Folds.Span);
        if (folds > rows / 2)
            throw new LearningException($"{folds} folds are too many for {rows} rows; use at most {rows / 2}.");

        var columns = data.Schema.Features.Sum(f => f.Kind == ColumnKind.Image ? ImageColumns : 1);
        var cells = (long)rows * Math.Max(1, columns) * task.OutputWidth;
        if (folds == 0)
            folds = rows <= FoldedRows && cells <= FoldedCells ? DefaultFolds : 1;
        if (!data.Times.IsEmpty && !task.IsRecommendation)
            return Forward(data, folds);
        var groups = data.Groups.Span;
        var groupCount = groups.IsEmpty ? int.MaxValue : groups.ToArray().Distinct().Count();
        if (groupCount < 2)
            throw new LearningException("All rows are of one group, so no rows are left to validate on; choose another group column.");
        var strata = Strata(data, task);
        if (folds > 1)
        {
            folds = Math.Min(folds, groupCount);
            var splits = Splits.KFold(rows, folds, strata, groups, seed);
            return new FoldPlan([.. splits.Select(ToFold)], false, $"{folds}-fold");
        }

        var fold = ToFold(Splits.Holdout(rows, Math.Min(HoldoutShare, (double)HoldoutRows / rows), strata, groups, seed));
        var share = (double)fold.Validation.Length / rows;
        return new FoldPlan([fold], false, string.Create(CultureInfo.InvariantCulture, $"holdout {share * 100:0.#} %"));
    }

    private static FoldPlan Given(ReadOnlySpan<int> folds)
    {
        var count = folds.ToArray().Distinct().Count();
        return count is >= 2 and <= MostFolds
            ? new FoldPlan([.. Splits.Given(folds).Select(ToFold)], false, string.Create(CultureInfo.InvariantCulture, $"{count} folds of the fold column"))
            : throw new LearningException(count < 2
                ? "The fold column has one value only, so no rows are left to validate on; it needs one value a fold, at least two."
                : string.Create(CultureInfo.InvariantCulture, $"The fold column has {count} values, and each is a fold; at most {MostFolds} are allowed."));
    }

    /// <summary>Rolling origin with an expanding window (Tashman 2000); one fold: the newest rows are held out.</summary>
    private static FoldPlan Forward(ExperimentData data, int folds)
    {
        var rows = data.Train.RowCount;
        var share = folds > 1 ? ForwardShare / folds : Math.Min(HoldoutShare, (double)HoldoutRows / rows);
        try
        {
            var splits = Splits.RollingOrigin(data.Times.Span, folds, share, data.Gap);
            var newest = string.Create(CultureInfo.InvariantCulture, $"newest {(double)splits[0].Validation.Length / rows * 100:0.#} %");
            return new FoldPlan([.. splits.Select(ToFold)], false, folds > 1 ? $"rolling origin, {folds} folds" : newest) { IsForward = true };
        }
        catch (ArgumentException)
        {
            throw new LearningException(data.Gap > 0
                ? "The gap before the validation rows leaves no rows to train on; choose a shorter gap or fewer folds."
                : $"The time column has too few distinct values for {folds} folds that follow each other; ask for fewer folds.");
        }
    }

    /// <summary>A recommender's holdout part: some of each user's rows; null: rows like any others.</summary>
    private static FoldPlan? Held(ExperimentData data, TaskSpec task, InteractionSplit split, int seed)
    {
        if (split == InteractionSplit.Time && data.Times.IsEmpty)
            throw new LearningException("A split by time needs a time column; name it with --time.");
        if (split == InteractionSplit.Random || (split == InteractionSplit.Auto && data.Times.IsEmpty))
        {
            if (task.Kind != TaskKind.Ranking)
                return null;
            data = data with { Times = default };
        }

        var users = ((CategoryColumn)data.Train[task.Columns!.User]).Codes;
        try
        {
            return split == InteractionSplit.LeaveOneOut
                ? new FoldPlan([ToFold(InteractionSplits.LeaveOneOut(users, data.Times.Span, RankedUsers, seed))], false, "leave one out")
                : new FoldPlan(
                    [ToFold(InteractionSplits.LatestShare(users, data.Times.Span, HoldoutShare, RankedUsers, seed))], false,
                    data.Times.IsEmpty ? "holdout 20 % of each user" : "latest 20 % of each user");
        }
        catch (ArgumentException)
        {
            throw new LearningException("No user has two rows, so none can be held out to validate on.");
        }
    }

    /// <summary>What is spread evenly over the parts: the classes, or, for regression, ten slices of the target.</summary>
    private static int[] Strata(ExperimentData data, TaskSpec task)
    {
        var labels = data.TrainLabels.ToArray();
        return !task.IsClassification ? Slices(labels) : Array.ConvertAll(labels, l => (int)l);
    }

    private static Fold ToFold(Split split) =>
        new(ImmutableCollectionsMarshal.AsImmutableArray(split.Train), ImmutableCollectionsMarshal.AsImmutableArray(split.Validation));

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

    private static ImmutableArray<int> Range(int count) => [.. Enumerable.Range(0, count)];
}
