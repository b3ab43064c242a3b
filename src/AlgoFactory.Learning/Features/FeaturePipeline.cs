using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features;

/// <summary>The fitted featurizers of one model, in order. Immutable and thread-safe.</summary>
public sealed class FeaturePipeline
{
    private FeaturePipeline(ImmutableArray<IFittedFeaturizer> featurizers)
    {
        Featurizers = featurizers;
        DenseFeatures = [.. featurizers.SelectMany(f => f.Outputs)];
    }

    /// <summary>The fitted featurizers.</summary>
    public ImmutableArray<IFittedFeaturizer> Featurizers { get; }

    /// <summary>The dense features, in order.</summary>
    public ImmutableArray<FeatureInfo> DenseFeatures { get; }

    /// <summary>
    /// Chooses and fits the featurizers that suit the schema's feature columns and the learner's needs, and returns the
    /// training rows' features (out of fold where the label is used).
    /// </summary>
    public static (FeaturePipeline Pipeline, FeatureBatch Features) FitTransform(
        FeaturizerInput train, Schema schema, FeatureNeeds needs, FitContext context) =>
        throw new NotSupportedException();

    /// <summary>Makes the features of rows.</summary>
    public FeatureBatch Transform(Frame rows)
    {
        var builder = new FeatureBatchBuilder(rows.RowCount);
        foreach (var featurizer in Featurizers)
            featurizer.Transform(rows, builder);
        return builder.Build();
    }

    /// <summary>Writes the pipeline.</summary>
    public void Write(ArtefactSectionWriter to) => throw new NotSupportedException();

    /// <summary>Reads a pipeline.</summary>
    public static FeaturePipeline Read(ArtefactSection from, ArtefactReaders readers) => throw new NotSupportedException();
}
