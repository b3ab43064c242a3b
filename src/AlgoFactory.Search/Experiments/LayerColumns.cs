using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Stacking;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// The out-of-fold scores of first-layer trials as columns that a second layer learns from, before the table's own features: no
/// score of a row was made by a model that has seen it.
/// </summary>
internal sealed class LayerColumns
{
    /// <summary>The learner that sees scores alone: it weighs the voices, which few rows are enough for.</summary>
    private const string Combiner = "linear";

    private readonly ImmutableArray<FeatureInfo> _infos;
    private readonly float[] _margins;

    /// <summary>Takes the scores of trials that were evaluated on a partition of the rows.</summary>
    public LayerColumns(FoldPlan plan, TaskSpec task, ImmutableArray<TrialResult> feeds)
    {
        if (!plan.IsPartition)
            throw new ArgumentException("A second layer needs a score of every row.", nameof(plan));
        Feeds = feeds;
        Margins = ScoreMargins.Fit(task, [.. feeds.Select(f => f.OutOfSample)]);
        _infos = [.. FirstLayer.Features(feeds.Select(Name), task.OutputWidth, task.Classes)];
        var (width, columns) = (task.OutputWidth, Margins.Columns);
        _margins = new float[plan.Folds.Sum(f => f.Validation.Length) * columns];
        for (var feed = 0; feed < feeds.Length; feed++)
        {
            // Scores lie fold after fold.
            var scores = feeds[feed].OutOfSample.Span;
            var next = 0;
            foreach (var row in plan.Folds.SelectMany(f => f.Validation))
                scores.Slice(width * next++, width).CopyTo(_margins.AsSpan(row * columns + feed * width));
        }

        Margins.Apply(_margins);
    }

    /// <summary>The trials, in the columns' order.</summary>
    public ImmutableArray<TrialResult> Feeds { get; }

    /// <summary>What their scores became.</summary>
    public ScoreMargins Margins { get; }

    /// <summary>A trial's name in the first layer.</summary>
    public static string Name(TrialResult feed) => FormattableString.Invariant($"trial {feed.Trial} {feed.Proposal.Learner}");

    /// <summary>What a second-layer learner sees beside the scores.</summary>
    public static FeatureNeeds NeedsOf(LearnerInfo learner) => learner.Id == Combiner ? FeatureNeeds.None : learner.Needs;

    /// <summary>A fold's features with the columns before them.</summary>
    public FoldSet Extend(FoldSet set, Fold fold) =>
        set with { Train = Extend(set.Train, fold.Train) with { Validation = Extend(set.Train.Validation!, fold.Validation) } };

    /// <summary>All training rows' features with the columns before them.</summary>
    public FoldSet Extend(FoldSet whole) => whole with { Train = Extend(whole.Train, [.. Enumerable.Range(0, whole.Train.RowCount)]) };

    private TrainingSet Extend(TrainingSet set, ImmutableArray<int> rows)
    {
        var (features, columns) = (set.Features, Margins.Columns);
        var width = columns + features.DenseWidth;
        var dense = new float[(long)rows.Length * width];
        for (var i = 0; i < rows.Length; i++)
        {
            _margins.AsSpan(rows[i] * columns, columns).CopyTo(dense.AsSpan(i * width));
            features.Row(i).CopyTo(dense.AsSpan(i * width + columns));
        }

        return set with
        {
            Features = new FeatureBatch(rows.Length, width, dense, features.Sparse, features.Images),
            FeatureInfos = [.. _infos, .. set.FeatureInfos],
        };
    }
}
