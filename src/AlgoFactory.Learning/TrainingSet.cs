using System.Collections.Immutable;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning;

/// <summary>What a learner sees of the data. Learners never write to it.</summary>
public sealed record TrainingSet
{
    /// <summary>The task.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>One entry for each feature of <see cref="Features"/>' dense block (sparse columns have none).</summary>
    public required ImmutableArray<FeatureInfo> FeatureInfos { get; init; }

    /// <summary>The rows.</summary>
    public required FeatureBatch Features { get; init; }

    /// <summary>One label a row: the class's index, or the target's value. Never NaN.</summary>
    public required ReadOnlyMemory<float> Labels { get; init; }

    /// <summary>One weight a row, finite and not negative; empty when all are 1.</summary>
    public ReadOnlyMemory<float> Weights { get; init; }

    /// <summary>
    /// Raw scores to start from, rows × outputs, in place of the best constant: boosting learns what is missing. They are not part
    /// of the model, whose raw scores must be added to them again. Empty: none. A validation part then needs its own.
    /// </summary>
    public ReadOnlyMemory<float> InitScores { get; init; }

    /// <summary>Ranking: the number of each row's query; the rows of a query stand together. Empty: no queries.</summary>
    public ReadOnlyMemory<int> Groups { get; init; }

    /// <summary>Rows for early stopping, never trained on; null: the learner runs all its rounds.</summary>
    public TrainingSet? Validation { get; init; }

    /// <summary>The metric that early stopping watches; null: the learner's own loss.</summary>
    public IMetric? StoppingMetric { get; init; }

    /// <summary>Rows.</summary>
    public int RowCount => Features.RowCount;
}
