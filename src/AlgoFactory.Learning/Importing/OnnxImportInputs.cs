using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Importing;

/// <summary>
/// Finds the data columns that fill a graph's inputs. The first size of each is the rows: free, or 1. Rows × k become k columns,
/// rows × 3 × height × width (or × 3 at the end) an image where the user says so; everything else is refused by name.
/// </summary>
internal static class OnnxImportInputs
{
    private const int MaxColumns = 10_000;
    private const int MaxSide = 2048;

    public static ImmutableArray<OnnxGraphInput> Of(OnnxOutline outline, OnnxImportOptions options)
    {
        var range = options.Image is null ? null : ImageRange.Named.GetValueOrDefault(options.Image)
            ?? throw new LearningException($"Images become numbers by one of {string.Join(", ", ImageRange.Named.Keys.Order(StringComparer.Ordinal))}, not '{options.Image}'.");
        var fixedWidths = outline.Inputs.Sum(i => i.Shape is { Length: 2 } shape && shape[1] == OnnxGraph.Free ? 0 : Width(i));
        var inputs = outline.Inputs.Select(i => Input(i, range, options.Columns.Length - fixedWidths)).ToImmutableArray();
        if (range is not null && inputs.All(i => i.Image is null))
            throw OnnxImport.Refused("it has no input of images (rows × 3 × height × width): leave --image out");
        var count = inputs.Sum(i => i.Columns.Length);
        if (count > MaxColumns)
            throw OnnxImport.Refused($"it has {count} columns; at most {MaxColumns:N0} are served");
        if (options.Columns.IsEmpty)
            return inputs;
        if (options.Columns.Length != count)
            throw OnnxImport.Refused($"it reads {count} columns, and {options.Columns.Length} are named with --columns");
        var at = 0;
        return [.. inputs.Select(i => i with { Columns = [.. options.Columns.AsSpan().Slice((at += i.Columns.Length) - i.Columns.Length, i.Columns.Length)] })];
    }

    private static OnnxGraphInput Input(OnnxValue input, ImageRange? range, int freeWidth)
    {
        var (name, type) = (input.Name, (ElementType)input.Type);
        if (name.Length == 0 || !Enum.IsDefined(type))
            throw OnnxImport.Refused($"its input '{name}' is no tensor of float, double, int64, int32, bool or string");
        if (input.Shape is not { Length: > 0 } sizes)
            throw OnnxImport.Refused($"its input '{name}' has no shape: export it with [rows, columns]");
        if (sizes[0] is not (OnnxGraph.Free or 1))
            throw OnnxImport.Refused($"its input '{name}' has the fixed first size {sizes[0]}, where rows are expected: export it with a free first size (dynamic batch)");
        switch (sizes.Length)
        {
            case 1 or 2:
                if (type == ElementType.UInt8)
                    throw OnnxImport.Refused($"its input '{name}' is of uint8, which only images are: export it with float or int64");
                var width = sizes.Length == 1 ? 1 : sizes[1];
                if (width == OnnxGraph.Free)
                    width = freeWidth > 0 ? freeWidth : throw OnnxImport.Refused($"its input '{name}' has a free number of columns: name them with --columns a,b,…");
                if (width is < 1 or > MaxColumns)
                    throw OnnxImport.Refused($"its input '{name}' has {width} columns; 1 to {MaxColumns:N0} are served");
                return new OnnxGraphInput(name, type, sizes.Length == 1 ? [1] : [1, width], Columns(name, (int)width)) { Missing = Missing(type) };
            case 4 when range is not null:
                var square = sizes[1] == 3 ? sizes[2..] : sizes[3] == 3 ? sizes[1..3] : [];
                if (type is not (ElementType.Float or ElementType.UInt8) || square.Length != 2 || square.Any(s => s is < 1 or > MaxSide))
                    throw OnnxImport.Refused($"its input '{name}' is no image: [rows, 3, height, width] or [rows, height, width, 3] of float or uint8, with set sides of at most {MaxSide}, are served");
                return new OnnxGraphInput(name, type, [1, .. sizes[1..]], [name]) { Image = range };
            case 4:
                throw OnnxImport.Refused($"its input '{name}' has four sizes: if these are images, say with --image how pixels become numbers ({string.Join(", ", ImageRange.Named.Keys.Order(StringComparer.Ordinal))})");
            default:
                throw OnnxImport.Refused($"its input '{name}' has {sizes.Length} sizes: only rows × columns and images are served");
        }
    }

    private static int Width(OnnxValue input) => input.Shape is { Length: 2 } shape ? (int)Math.Clamp(shape[1], 1, MaxColumns) : 1;

    // A whole number has no NaN.
    private static double Missing(ElementType type) => type is ElementType.Float or ElementType.Double ? double.NaN : 0;

    private static ImmutableArray<string> Columns(string name, int width) =>
        width == 1 ? [name] : [.. Enumerable.Range(0, width).Select(i => string.Create(CultureInfo.InvariantCulture, $"{name}_{i}"))];
}
