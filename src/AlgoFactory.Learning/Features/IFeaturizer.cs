using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>What a featurizer may learn from: the rows of one training part, with their labels.</summary>
/// <param name="Frame">The rows.</param>
/// <param name="Task">The task.</param>
/// <param name="Labels">One label a row.</param>
/// <param name="Weights">One weight a row, or empty.</param>
public sealed record FeaturizerInput(Frame Frame, TaskSpec Task, ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights);

/// <summary>Learns how to turn columns into features.</summary>
public interface IFeaturizer
{
    /// <summary>
    /// Learns from the training rows and also writes their features to <paramref name="to"/>: where the label is used
    /// (target encoding) these are out of fold, so that no row has seen its own label.
    /// </summary>
    IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context);
}

/// <summary>Turns columns into features: immutable and thread-safe.</summary>
public interface IFittedFeaturizer
{
    /// <summary>The format's name and version, such as <c>one-hot/1</c>.</summary>
    string Format { get; }

    /// <summary>The dense features it makes, in order.</summary>
    ImmutableArray<FeatureInfo> Outputs { get; }

    /// <summary>The sparse columns it makes.</summary>
    int SparseWidth { get; }

    /// <summary>The data column that its sparse columns are made from; empty when it makes none.</summary>
    string SparseSource => "";

    /// <summary>Writes the rows' features.</summary>
    void Transform(Frame rows, FeatureBatchBuilder to);

    /// <summary>Writes what it has learned.</summary>
    void Write(ArtefactSectionWriter to);
}
