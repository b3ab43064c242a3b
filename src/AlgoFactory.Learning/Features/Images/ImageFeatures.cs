using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features.Images;

/// <summary>Shape and colour of images as numbers: gradients (<see cref="HogDescriptor"/>) and colours (<see cref="ColourHistogram"/>). Nothing is learned.</summary>
internal sealed class ImageFeatures(string column, bool scaled) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var fitted = new FittedImageFeatures(column, scaled);
        fitted.Transform(train.Frame, to, context.ParallelOptions);
        return fitted;
    }
}

/// <summary>Describes images.</summary>
internal sealed class FittedImageFeatures : IFittedFeaturizer
{
    public const string FormatName = "image-features/1";

    /// <summary>Features of an image.</summary>
    public const int Width = HogDescriptor.Length + ColourHistogram.Length;

    /// <summary>
    /// The values' deviations are about 0.1: an image's two thousand weigh together like a dozen columns of deviation 1, and a
    /// penalty that suits such columns suits them too.
    /// </summary>
    private const float Scale = 0.8f;

    private readonly string _column;
    private readonly bool _scaled;

    /// <param name="column">The data column.</param>
    /// <param name="scaled">For learners of scaled features: 0 for a missing image, or NaN for it.</param>
    public FittedImageFeatures(string column, bool scaled)
    {
        (_column, _scaled) = (column, scaled);
        Outputs =
        [
            .. Enumerable.Range(0, HogDescriptor.Length).Select(i => new FeatureInfo($"{column} gradient {i}", column, FeatureKind.Numeric)),
            .. Enumerable.Range(0, ColourHistogram.Length).Select(i => new FeatureInfo($"{column} colour {i}", column, FeatureKind.Numeric)),
        ];
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs { get; }

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedImageFeatures Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("image");
        FeaturizerGuard.Require(document.Column is not null, "an image column has no name");
        FeaturizerGuard.Require(document is { Side: ImageDecoder.Side, Length: Width }, "it describes images of a size that this program does not know");
        return new FittedImageFeatures(document.Column, document.Scaled);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to) => Transform(rows, to, new ParallelOptions { MaxDegreeOfParallelism = 1 });

    /// <summary>The same on several threads.</summary>
    public void Transform(Frame rows, FeatureBatchBuilder to, ParallelOptions parallel)
    {
        var images = FeaturizerGuard.Images(rows, _column);
        var block = to.AddDenseMemory(Width);
        Parallel.For(0, rows.RowCount, parallel, row => Describe(images.Values[row], block.Span.Slice(row * Width, Width)));
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => to.WriteJson("image", new Document(_column, _scaled, ImageDecoder.Side, Width));

    private void Describe(byte[]? image, Span<float> to)
    {
        if (image is null)
        {
            to.Fill(_scaled ? 0 : float.NaN);
            return;
        }

        HogDescriptor.Describe(image, to[..HogDescriptor.Length]);
        ColourHistogram.Describe(image, to[HogDescriptor.Length..]);
        if (_scaled)
            System.Numerics.Tensors.TensorPrimitives.Multiply(to, Scale, to);
    }

    private sealed record Document(string Column, bool Scaled, int Side, int Length);
}
