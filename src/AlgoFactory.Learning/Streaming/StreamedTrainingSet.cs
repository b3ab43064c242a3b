using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Streaming;

/// <summary>What a learner sees of data that it reads as a stream.</summary>
public sealed record StreamedTrainingSet
{
    /// <summary>The task.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>The rows.</summary>
    public required IFeatureStream Rows { get; init; }

    /// <summary>Rows for early stopping, held in memory and never trained on; null: the learner runs all its rounds.</summary>
    public TrainingSet? Validation { get; init; }

    /// <summary>The metric that early stopping watches; null: the learner's own loss.</summary>
    public IMetric? StoppingMetric { get; init; }
}
