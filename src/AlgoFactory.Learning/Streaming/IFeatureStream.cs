using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Streaming;

/// <summary>
/// Training rows that need not fit in memory: they can be read from front to back as often as asked, and each time the
/// same rows come in the same order. How they are cut into chunks must not matter to who reads them.
/// </summary>
public interface IFeatureStream
{
    /// <summary>The features, all dense. The cardinality of a category may still grow until the rows were read once.</summary>
    ImmutableArray<FeatureInfo> FeatureInfos { get; }

    /// <summary>Whether the rows have weights; else each counts 1.</summary>
    bool HasWeights { get; }

    /// <summary>Starts at the first row.</summary>
    IFeatureReader Open(CancellationToken cancellation);
}

/// <summary>One pass over an <see cref="IFeatureStream"/>.</summary>
public interface IFeatureReader : IDisposable
{
    /// <summary>
    /// Replaces the chunk's rows by the next ones, at least one and at most <see cref="FeatureChunk.Capacity"/>; false, and
    /// no row, at the end.
    /// </summary>
    bool Read(FeatureChunk chunk);
}
