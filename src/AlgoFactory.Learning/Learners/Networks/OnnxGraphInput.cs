using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Images;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Learners.Networks;

/// <summary>An input of a user's graph and the data columns that fill it.</summary>
/// <param name="Name">The input's name.</param>
/// <param name="Type">Its elements' type.</param>
/// <param name="Shape">Its sizes for one row.</param>
/// <param name="Columns">A column an element; one image column for an image.</param>
public sealed record OnnxGraphInput(string Name, [property: JsonConverter(typeof(JsonStringEnumConverter<ElementType>))] ElementType Type, ImmutableArray<long> Shape, ImmutableArray<string> Columns)
{
    /// <summary>What stands for a missing number; NaN where the graph itself knows what to do about it.</summary>
    public double Missing { get; init; } = double.NaN;

    /// <summary>An image's numbers of a black and of a white pixel, by channel (red, green, blue); null: it is no image.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImageRange? Image { get; init; }

    private bool ChannelsFirst => Shape[1] == 3;

    /// <summary>What is wrong with it, in words; null: nothing.</summary>
    internal string? Fault()
    {
        if (Name is null or "" || !Enum.IsDefined(Type) || Shape.IsDefault || Columns.IsDefaultOrEmpty || Columns.Any(c => c is null))
            return "an input has no name, type, shape or column";
        if (Shape.Length > 8 || Shape.Any(s => s is < 1 or > 1 << 24) || Shape.Aggregate(1.0, (product, size) => product * size) > 1 << 24)
            return $"the input '{Name}' has sizes out of range";
        if (Image is { } range)
            return Shape.Length == 4 && (Shape[1] == 3 || Shape[3] == 3) && Columns.Length == 1 && Type is ElementType.Float or ElementType.UInt8 && range.IsWhole
                ? null
                : $"the input '{Name}' is no image of three channels";
        return Shape.Aggregate(1L, (product, size) => product * size) == Columns.Length && Type != ElementType.UInt8 ? null : $"the input '{Name}' has not as many columns as elements";
    }

    /// <summary>Writes a row's values into a binding.</summary>
    internal void Fill(OnnxBinding binding, int input, Frame rows, int row)
    {
        if (Image is { } range)
        {
            FillImage(binding, input, FeaturizerGuard.Images(rows, Columns[0]), row, range);
            return;
        }

        switch (Type)
        {
            case ElementType.Float:
                var floats = binding.Input<float>(input);
                for (var i = 0; i < floats.Length; i++)
                    floats[i] = (float)Number(rows, i, row);
                break;
            case ElementType.Double:
                var doubles = binding.Input<double>(input);
                for (var i = 0; i < doubles.Length; i++)
                    doubles[i] = Number(rows, i, row);
                break;
            case ElementType.Int64:
                var longs = binding.Input<long>(input);
                for (var i = 0; i < longs.Length; i++)
                    longs[i] = (long)Whole(rows, i, row, 1L << 53);
                break;
            case ElementType.Int32:
                var ints = binding.Input<int>(input);
                for (var i = 0; i < ints.Length; i++)
                    ints[i] = (int)Whole(rows, i, row, int.MaxValue);
                break;
            case ElementType.Bool:
                var truths = binding.Input<byte>(input);
                for (var i = 0; i < truths.Length; i++)
                    truths[i] = Number(rows, i, row) > 0 ? (byte)1 : (byte)0;
                break;
            default:
                var texts = new string[Columns.Length];
                for (var i = 0; i < texts.Length; i++)
                    texts[i] = FeaturizerGuard.Texts(rows, Columns[i])[row] ?? "";
                binding.SetTexts(input, texts);
                break;
        }
    }

    private double Number(Frame rows, int element, int row)
    {
        var number = FeaturizerGuard.Numbers(rows, Columns[element])[row];
        return double.IsNaN(number) ? Missing : number;
    }

    private double Whole(Frame rows, int element, int row, double most)
    {
        var number = Number(rows, element, row);
        return number == Math.Floor(number) && Math.Abs(number) <= most
            ? number
            : throw new LearningException($"The model's column '{Columns[element]}' takes whole numbers of its input's type {Type}, not {number}.");
    }

    /// <summary>Scales the image as it is kept to the input's size: each pixel is the bilinear mean of the four around its middle.</summary>
    private void FillImage(OnnxBinding binding, int input, ImageColumn images, int row, ImageRange range)
    {
        var pixels = images.Details[row] ?? images.Values[row];
        var side = pixels is null ? 1 : pixels.Length == ImageDecoder.DetailLength ? ImageDecoder.DetailSide : ImageDecoder.Side;
        // A missing image is black.
        pixels ??= [0, 0, 0];
        var (height, width) = ChannelsFirst ? ((int)Shape[2], (int)Shape[3]) : ((int)Shape[1], (int)Shape[2]);
        for (var y = 0; y < height; y++)
        {
            var (top, bottom, down) = Between(y, height, side);
            for (var x = 0; x < width; x++)
            {
                var (left, right, across) = Between(x, width, side);
                for (var channel = 0; channel < 3; channel++)
                {
                    var above = Mix(pixels[(top * side + left) * 3 + channel], pixels[(top * side + right) * 3 + channel], across);
                    var below = Mix(pixels[(bottom * side + left) * 3 + channel], pixels[(bottom * side + right) * 3 + channel], across);
                    var at = ChannelsFirst ? (channel * height + y) * width + x : (y * width + x) * 3 + channel;
                    var light = Mix(above, below, down);
                    if (Type == ElementType.UInt8)
                        binding.Input<byte>(input)[at] = (byte)MathF.Round(light);
                    else
                        binding.Input<float>(input)[at] = Mix(range.Black[channel], range.White[channel], light / 255);
                }
            }
        }
    }

    private static (int Low, int High, float Share) Between(int place, int size, int side)
    {
        var middle = Math.Clamp((place + 0.5f) * side / size - 0.5f, 0, side - 1);
        var low = (int)middle;
        return (low, Math.Min(low + 1, side - 1), middle - low);
    }

    private static float Mix(float from, float to, float share) => from + (to - from) * share;
}

/// <summary>The numbers of a black and of a white pixel, by channel: red, green, blue.</summary>
public sealed record ImageRange(ImmutableArray<float> Black, ImmutableArray<float> White)
{
    /// <summary>The ways that are known by name.</summary>
    public static ImmutableDictionary<string, ImageRange> Named { get; } = ImmutableDictionary.CreateRange<string, ImageRange>(StringComparer.Ordinal,
    [
        new("0..255", new([0, 0, 0], [255, 255, 255])),
        new("0..1", new([0, 0, 0], [1, 1, 1])),
        new("-1..1", new([-1, -1, -1], [1, 1, 1])),
        // What torchvision's models are trained with.
        new("imagenet", new([-0.485f / 0.229f, -0.456f / 0.224f, -0.406f / 0.225f], [(1 - 0.485f) / 0.229f, (1 - 0.456f) / 0.224f, (1 - 0.406f) / 0.225f])),
    ]);

    internal bool IsWhole => !Black.IsDefault && !White.IsDefault && Black.Length == 3 && White.Length == 3 && Black.Concat(White).All(float.IsFinite);
}
