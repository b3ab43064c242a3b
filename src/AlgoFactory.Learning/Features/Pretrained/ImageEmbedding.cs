using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>Images as a network sees them that others trained on ImageNet (<see cref="MobileNetV2"/>), each number standardised.</summary>
internal sealed class ImageEmbedding(string column) : IFeaturizer
{
    private static readonly Lazy<(byte[] Weights, float[] Ranges, float[] Observed)> Installed = new(() =>
    {
        var (weights, ranges) = MobileNetWeights.Read();
        return (weights, ranges, MobileNetV2Int8.Observe(weights, ranges));
    });

    /// <summary>What it needs and is not installed, with the command that installs it; null: nothing.</summary>
    public static string? Missing => MobileNetWeights.Folder is null ? MobileNetWeights.HowToInstall : OnnxRuntimeLibrary.IsInstalled ? null : OnnxRuntimeLibrary.HowToInstall;

    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var (weights, ranges, observed) = Installed.Value;
        var raw = new FittedImageEmbedding(column, weights, ranges, observed, EmbeddingScale.None(MobileNetV2.Width));
        var rows = new float[train.Frame.RowCount * MobileNetV2.Width];
        raw.Embed(train.Frame, rows, context.ParallelOptions);
        var present = FeaturizerGuard.Images(train.Frame, column);
        var fitted = raw with { Scale = EmbeddingScale.Of(rows, MobileNetV2.Width, row => !present.IsMissing(row)) };
        fitted.Scale.Apply(rows, row => !present.IsMissing(row));
        rows.CopyTo(to.AddDense(MobileNetV2.Width));
        return fitted;
    }
}

/// <summary>Embeds images.</summary>
/// <param name="Column">The data column.</param>
/// <param name="Weights">The network's weights.</param>
/// <param name="Ranges">Their scales and minima.</param>
/// <param name="Observed">What values are like within, for the network of whole numbers; null: the network is computed in floats.</param>
/// <param name="Scale">How the network's numbers are standardised.</param>
internal sealed record FittedImageEmbedding(string Column, byte[] Weights, float[] Ranges, float[]? Observed, EmbeddingScale Scale) : IFittedFeaturizer
{
    public const string FormatName = "image-embedding/2";

    /// <summary>The format of models whose network is computed in floats.</summary>
    public const string FloatFormatName = "image-embedding/1";

    private readonly PretrainedNetwork _network = PretrainedNetwork.Of(
        Weights, [.. Ranges, .. Observed ?? []],
        () => Observed is null ? MobileNetV2.Graph(Weights, Ranges) : MobileNetV2Int8.Graph(Weights, Ranges, Observed), MobileNetV2.Output, MobileNetV2.Width);

    /// <inheritdoc/>
    public string Format => Observed is null ? FloatFormatName : FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; } =
        [.. Enumerable.Range(0, MobileNetV2.Width).Select(i => new FeatureInfo($"{Column} embedding {i}", Column, FeatureKind.Numeric))];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedImageEmbedding Read(ArtefactSection from) => Read(from, from.ReadArray<float>("observed", MobileNetV2.ObservedWidth));

    /// <summary>Reads the format <see cref="FloatFormatName"/>.</summary>
    public static FittedImageEmbedding ReadFloat(ArtefactSection from) => Read(from, null);

    private static FittedImageEmbedding Read(ArtefactSection from, float[]? observed)
    {
        var column = from.ReadJson<Document>("embedding").Column;
        FeaturizerGuard.Require(column is not null, "an image column has no name");
        var ranges = from.ReadArray<float>("ranges", 4 * MobileNetV2.Convolutions.Length);
        FeaturizerGuard.Require(ranges.All(float.IsFinite), "the range of a network's weights is not finite");
        FeaturizerGuard.Require(observed is null || observed.All(float.IsFinite), "what is known of a network's values is not finite");
        return new FittedImageEmbedding(column, from.ReadArray<byte>("weights", MobileNetV2.WeightBytes), ranges, observed, EmbeddingScale.Read(from, MobileNetV2.Width));
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var block = new float[rows.RowCount * MobileNetV2.Width];
        Embed(rows, block, new ParallelOptions { MaxDegreeOfParallelism = 1 });
        var images = FeaturizerGuard.Images(rows, Column);
        Scale.Apply(block, row => !images.IsMissing(row));
        block.CopyTo(to.AddDense(MobileNetV2.Width));
    }

    /// <summary>The network's own numbers, on several threads; missing images are left as they are.</summary>
    public void Embed(Frame rows, Memory<float> to, ParallelOptions parallel)
    {
        var images = FeaturizerGuard.Images(rows, Column);
        Parallel.For(0, rows.RowCount, parallel, row =>
        {
            if ((images.Details[row] ?? images.Values[row]) is { } pixels)
                _network.Answer(pixels, Input).CopyTo(to.Span[(row * MobileNetV2.Width)..]);
        });
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("embedding", new Document(Column));
        to.WriteArray<byte>("weights", Weights);
        to.WriteArray<float>("ranges", Ranges);
        if (Observed is not null)
            to.WriteArray<float>("observed", Observed);
        Scale.Write(to);
    }

    /// <summary>An image that has no detail: its pixels again and again.</summary>
    private static KeyValuePair<string, Array> Input(byte[] pixels)
    {
        if (pixels.Length == ImageDecoder.DetailLength)
            return new(MobileNetV2.Input, pixels);
        const int side = ImageDecoder.DetailSide;
        var large = new byte[ImageDecoder.DetailLength];
        for (var y = 0; y < side; y++)
            for (var x = 0; x < side; x++)
                pixels.AsSpan((y * ImageDecoder.Side / side * ImageDecoder.Side + x * ImageDecoder.Side / side) * 3, 3).CopyTo(large.AsSpan((y * side + x) * 3));
        return new(MobileNetV2.Input, large);
    }

    private sealed record Document(string Column);
}
