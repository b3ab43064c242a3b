using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Stacking;

namespace AlgoFactory.Learning.Features;

/// <summary>The fitted featurizers of one model, in order. Immutable and thread-safe.</summary>
public sealed class FeaturePipeline
{
    private const int MaxFeaturizers = 10_000;

    private FeaturePipeline(ImmutableArray<IFittedFeaturizer> featurizers)
    {
        Featurizers = featurizers;
        DenseFeatures = [.. featurizers.SelectMany(f => f.Outputs)];
        SparseWidth = featurizers.Sum(f => f.SparseWidth);
    }

    /// <summary>The fitted featurizers.</summary>
    public ImmutableArray<IFittedFeaturizer> Featurizers { get; }

    /// <summary>The dense features, in order.</summary>
    public ImmutableArray<FeatureInfo> DenseFeatures { get; }

    /// <summary>The sparse columns; they stand to the right of the dense features.</summary>
    public int SparseWidth { get; }

    /// <summary>The first layer of a stack, whose columns come before all others; null: there is none.</summary>
    public FirstLayer? FirstLayer => Featurizers.IsEmpty ? null : Featurizers[0] as FirstLayer;

    /// <summary>The same features behind the scores of a first layer: what a second layer reads.</summary>
    public FeaturePipeline Behind(FirstLayer layer) => new([layer, .. Featurizers]);

    /// <summary>Whether a feature was made from labels (target encoding): rows that it was learned from should not be trained on through <see cref="Transform(Frame)"/>.</summary>
    public bool UsesLabels => Featurizers.Any(f => f is FittedTargetEncoding);

    /// <summary>The data column that each feature is made from: dense features first, then sparse columns. Empty for scores of a first layer.</summary>
    public IEnumerable<string> FeatureSources =>
        DenseFeatures.Select(f => f.Source).Concat(Featurizers.SelectMany(f => Enumerable.Repeat(f.SparseSource, f.SparseWidth)));

    /// <summary>
    /// Chooses and fits the featurizers that suit the schema's feature columns and the learner's needs, and returns the
    /// training rows' features (out of fold where the label is used).
    /// </summary>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public static (FeaturePipeline Pipeline, FeatureBatch Features) FitTransform(
        FeaturizerInput train, Schema schema, FeatureNeeds needs, FitContext context)
    {
        var builder = new FeatureBatchBuilder(train.Frame.RowCount);
        var fitted = ImmutableArray.CreateBuilder<IFittedFeaturizer>();
        foreach (var featurizer in FeaturizerSelection.Choose(train, schema, needs))
        {
            context.Cancellation.ThrowIfCancellationRequested();
            fitted.Add(featurizer.FitTransform(train, builder, context));
        }

        return (new FeaturePipeline(fitted.ToImmutable()), builder.Build());
    }

    /// <summary>A pipeline of a model that reads the rows' columns itself.</summary>
    internal static FeaturePipeline OfColumns() => new([new FittedColumns()]);

    /// <summary>Makes the features of rows.</summary>
    /// <exception cref="LearningException">A column of the rows is not of the kind that the pipeline was fitted on.</exception>
    public FeatureBatch Transform(Frame rows) => Transform(rows, new FeatureBatchBuilder(rows.RowCount));

    /// <summary>Makes the features of rows with a builder that may be reused, and with it the batch's memory.</summary>
    /// <exception cref="LearningException">A column of the rows is not of the kind that the pipeline was fitted on.</exception>
    public FeatureBatch Transform(Frame rows, FeatureBatchBuilder builder)
    {
        foreach (var featurizer in Featurizers)
            featurizer.Transform(rows, builder);
        return builder.Build();
    }

    /// <summary>
    /// A model's importance (dense features first, then sparse ones) summed by data column; the shares sum to 1,
    /// the most important first. Empty when nothing is important.
    /// </summary>
    public ImmutableArray<ColumnImportance> ImportanceByColumn(ImmutableArray<double> importance)
    {
        if (importance.Length != DenseFeatures.Length + SparseWidth)
            throw new ArgumentException($"{importance.Length} importances for {DenseFeatures.Length} + {SparseWidth} features.", nameof(importance));
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (source, value) in FeatureSources.Zip(importance))
            sums[source] = sums.GetValueOrDefault(source) + value;
        if (FirstLayer is { } layer)
        {
            sums.Remove("");
            layer.Spread(importance.AsSpan()[..layer.Outputs.Length], sums);
        }

        var total = sums.Values.Sum();
        return total > 0
            ? [.. sums.Select(s => new ColumnImportance(s.Key, s.Value / total)).OrderByDescending(s => s.Share).ThenBy(s => s.Column, StringComparer.Ordinal)]
            : [];
    }

    /// <summary>Writes the pipeline.</summary>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("pipeline", new Document([.. Featurizers.Select(f => f.Format)]));
        for (var i = 0; i < Featurizers.Length; i++)
            Featurizers[i].Write(to.Section($"featurizers/{i}"));
    }

    /// <summary>Reads a pipeline.</summary>
    /// <exception cref="ArtefactFormatException">The section is broken or holds an unknown format.</exception>
    public static FeaturePipeline Read(ArtefactSection from, ArtefactReaders readers)
    {
        var formats = FeaturizerGuard.Names(from.ReadJson<Document>("pipeline").Featurizers);
        FeaturizerGuard.Require(formats.Length <= MaxFeaturizers, "there are too many of them");
        return new FeaturePipeline([.. formats.Select((format, i) => readers.ReadFeaturizer(format, from.Section($"featurizers/{i}")))]);
    }

    private sealed record Document(ImmutableArray<string> Featurizers);
}
