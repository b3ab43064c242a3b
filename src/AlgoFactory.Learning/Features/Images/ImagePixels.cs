using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features.Images;

/// <summary>Image columns as the pixels that they were decoded to, for networks; several columns' channels lie side by side. Nothing is learned.</summary>
internal sealed class ImagePixels(ImmutableArray<string> columns) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var fitted = new FittedImagePixels(columns);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Hands on pixels.</summary>
internal sealed class FittedImagePixels(ImmutableArray<string> columns) : IFittedFeaturizer
{
    public const string FormatName = "image-pixels/1";

    /// <summary>The most image columns that one network reads.</summary>
    public const int MaxColumns = 16;

    private const int Colours = 3;

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedImagePixels Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("pixels");
        var columns = FeaturizerGuard.Names(document.Columns);
        FeaturizerGuard.Require(columns.Length is >= 1 and <= MaxColumns && document.Side == ImageDecoder.Side, "it reads images of a number or size that this program does not know");
        return new FittedImagePixels(columns);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var size = new ImageSize(ImageDecoder.Side, ImageDecoder.Side, Colours * columns.Length);
        var first = FeaturizerGuard.Images(rows, columns[0]);
        if (columns.Length == 1)
        {
            to.SetImages(new ImageBlock(size, first.Values.ToArray()));
            return;
        }

        var images = new byte[]?[rows.RowCount];
        for (var c = 0; c < columns.Length; c++)
        {
            var values = FeaturizerGuard.Images(rows, columns[c]).Values;
            for (var row = 0; row < images.Length; row++)
                if (values[row] is { } pixels)
                    Interleave(pixels, images[row] ??= new byte[size.Length], c);
        }

        to.SetImages(new ImageBlock(size, images));
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => to.WriteJson("pixels", new Document(columns, ImageDecoder.Side));

    private void Interleave(ReadOnlySpan<byte> pixels, Span<byte> to, int column)
    {
        var stride = Colours * columns.Length;
        for (var pixel = 0; pixel < ImageDecoder.Side * ImageDecoder.Side; pixel++)
            pixels.Slice(pixel * Colours, Colours).CopyTo(to[(pixel * stride + column * Colours)..]);
    }

    private sealed record Document(ImmutableArray<string> Columns, int Side);
}
