using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Exporting;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features.Images;

/// <summary>
/// Finds tables whose columns are the pixels of a square grey image, row by row: a square number of columns (8 × 8 or more)
/// and no other beside the label, all numbers from 0 to 1 or whole numbers from 0 to 255. Pixels that are the same in every
/// row, such as corners, count as 0.
/// </summary>
public static class PixelGrid
{
    private const int SmallestSide = 8;
    private const int LargestSide = 256;
    private const double BrightestByte = 255;

    /// <summary>The side of the images that a table's rows are; null when they are none.</summary>
    /// <param name="profile">The table.</param>
    /// <param name="label">The column to predict.</param>
    public static int? SideOf(DatasetProfile profile, string label)
    {
        var pixels = profile.Columns.Where(c => c.Name != label).ToArray();
        if (SideOf(pixels.Length) is not { } side || !pixels.All(p => IsPixel(p.Kind)))
            return null;
        double brightest = 0;
        foreach (var pixel in pixels.Where(p => p.Kind == ColumnKind.Numeric))
        {
            if (pixel.Missing > 0 || pixel.Quantiles.IsDefaultOrEmpty || !(pixel.Quantiles[0] >= 0) || !(pixel.Quantiles[^1] <= BrightestByte))
                return null;
            brightest = Math.Max(brightest, pixel.Quantiles[^1]);
        }

        return brightest > 0 ? side : null;
    }

    /// <summary>The pixels of a schema in their order, null for those that are the same in every row; empty when it is no image.</summary>
    internal static ImmutableArray<string?> Columns(Schema schema, string label, Frame frame, out double brightest)
    {
        brightest = 0;
        var columns = schema.Columns.Where(c => c.Name != label && c.Role is not (ColumnRole.Weight or ColumnRole.Group or ColumnRole.Fold or ColumnRole.Time)).ToArray();
        if (SideOf(columns.Length) is null || !columns.All(c => IsPixel(c.Kind) && (c.Role == ColumnRole.Feature || c.Kind == ColumnKind.Constant)))
            return [];
        var whole = true;
        foreach (var column in columns.Where(c => c.Kind != ColumnKind.Constant))
            foreach (var value in FeaturizerGuard.Numbers(frame, column.Name))
            {
                if (!(value >= 0 && value <= BrightestByte))
                    return [];
                whole &= value == Math.Floor(value);
                brightest = Math.Max(brightest, value);
            }

        return brightest > 0 && (whole || brightest <= 1) ? [.. columns.Select(c => c.Kind == ColumnKind.Constant ? null : c.Name)] : [];
    }

    private static int? SideOf(int columns)
    {
        var side = (int)Math.Round(Math.Sqrt(columns));
        return side * side == columns && side is >= SmallestSide and <= LargestSide ? side : null;
    }

    private static bool IsPixel(ColumnKind kind) => kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.Constant;
}

/// <summary>A row's numbers as a grey image of a byte a pixel. All it learns is which number is white.</summary>
internal sealed class GridPixels(ImmutableArray<string?> columns, double brightest) : IFeaturizer
{
    /// <inheritdoc/>
    public IFittedFeaturizer FitTransform(FeaturizerInput train, FeatureBatchBuilder to, FitContext context)
    {
        var fitted = new FittedGridPixels(columns, brightest);
        fitted.Transform(train.Frame, to);
        return fitted;
    }
}

/// <summary>Makes grey images of numbers.</summary>
internal sealed class FittedGridPixels(ImmutableArray<string?> columns, double brightest) : IFittedFeaturizer, IOnnxFeaturizer
{
    public const string FormatName = "grid-pixels/1";

    private const int MaxPixels = 1 << 16;

    private readonly int _side = (int)Math.Round(Math.Sqrt(columns.Length));

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> Outputs => [];

    /// <inheritdoc/>
    public int SparseWidth => 0;

    public static FittedGridPixels Read(ArtefactSection from)
    {
        var document = from.ReadJson<Document>("grid");
        var columns = document.Columns;
        FeaturizerGuard.Require(
            !columns.IsDefault && columns.Length is >= 1 and <= MaxPixels && Math.Sqrt(columns.Length) % 1 == 0 && document.Brightest > 0 && double.IsFinite(document.Brightest),
            "its grid of pixels is not square, or has no white");
        return new FittedGridPixels(columns, document.Brightest);
    }

    /// <inheritdoc/>
    public void Transform(Frame rows, FeatureBatchBuilder to)
    {
        var images = new byte[rows.RowCount][];
        for (var row = 0; row < images.Length; row++)
            images[row] = new byte[columns.Length];
        for (var pixel = 0; pixel < columns.Length; pixel++)
        {
            if (columns[pixel] is not { } name)
                continue;
            var values = FeaturizerGuard.Numbers(rows, name);
            for (var row = 0; row < images.Length; row++)
                // A missing number is black.
                images[row][pixel] = values[row] > 0 ? (byte)Math.Min(255, Math.Round(values[row] / brightest * 255)) : (byte)0;
        }

        to.SetImages(new ImageBlock(new ImageSize(_side, _side, 1), images));
    }

    /// <inheritdoc/>
    /// <remarks>Rows × pixels of bytes, for a network: no float features.</remarks>
    public string AddTo(OnnxInputs inputs)
    {
        var graph = inputs.Graph;
        var named = columns.Where(c => c is not null).ToArray();
        var values = graph.Concat([.. named.Select(c => inputs.Numbers(c!))]);
        var light = graph.Add("Round", [graph.Add("Mul", [graph.Add("Div", [values, ColumnGraph.Number(graph, brightest)]), ColumnGraph.Number(graph, 255)])]);
        var held = graph.Add("Min", [light, ColumnGraph.Number(graph, 255)]);
        // What is missing or below 0 is above nothing: black.
        var bytes = graph.Add("Where", [graph.Add("Greater", [values, ColumnGraph.Number(graph, 0)]), held, ColumnGraph.Number(graph, 0)]);
        if (named.Length < columns.Length)
        {
            var first = ColumnGraph.Column(graph, bytes, 0);
            bytes = graph.Concat([bytes, graph.Add("Sub", [first, first])]);
            var (places, next) = (new long[columns.Length], 0);
            for (var i = 0; i < places.Length; i++)
                places[i] = columns[i] is null ? named.Length : next++;
            bytes = graph.Add("Gather", [bytes, graph.Constant(OnnxTensor.Of<long>(places))], OnnxAttribute.Of("axis", 1L));
        }

        return graph.Cast(bytes, Onnx.ElementType.UInt8);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => to.WriteJson("grid", new Document(columns, brightest));

    private sealed record Document(ImmutableArray<string?> Columns, double Brightest);
}
