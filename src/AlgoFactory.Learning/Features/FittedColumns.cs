using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>Hands rows on as they are, for a model that reads their columns itself. There is nothing to learn.</summary>
internal sealed class FittedColumns : IFittedFeaturizer
{
    public const string FormatName = "columns/1";

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedColumns Read(ArtefactSection from) => new();

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) => to.SetColumns(rows);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
    }
}
