using System.Collections.Immutable;
using AlgoFactory.Data.Images;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// MobileNetV2 (Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks, 2018), 1.4 times as wide, without its classes: an
/// image becomes the means of its last 1,792 channels. The weights are bytes, of which each tensor has a scale and a minimum.
/// </summary>
internal static class MobileNetV2
{
    /// <summary>The graph's input: rows × <see cref="ImageDecoder.DetailLength"/> bytes, red, green, blue.</summary>
    public const string Input = "pixels";

    /// <summary>The graph's output: rows × <see cref="Width"/>.</summary>
    public const string Output = "embedding";

    /// <summary>Numbers an image becomes.</summary>
    public const int Width = 1792;

    /// <summary>The largest value of what is held between 0 and it.</summary>
    public const float MostActive = 6;

    /// <summary>What a pixel's byte counts: 0 stands for -1 and 255 for 1.</summary>
    public const float PixelUnit = 2f / byte.MaxValue;

    private const int Stem = 48;
    private const int Expansion = 6;

    /// <summary>The blocks' channels, how many there are of a kind, and the first one's stride.</summary>
    private static readonly ImmutableArray<(int Channels, int Count, int Stride)> Blocks =
        [(24, 1, 1), (32, 2, 2), (48, 3, 2), (88, 4, 2), (136, 3, 1), (224, 3, 2), (448, 1, 1)];

    /// <summary>The convolutions, in the order of their weights.</summary>
    public static ImmutableArray<Convolution> Convolutions { get; } = [.. AllConvolutions()];

    /// <summary>Bytes of all weights: each convolution's, then its offsets.</summary>
    public static int WeightBytes { get; } = Convolutions.Sum(c => c.Weights + c.Out);

    /// <summary>Numbers that <see cref="Observer"/> answers: of each convolution the means of the channels that go in and the bounds of what comes out unheld.</summary>
    public static int ObservedWidth { get; } = Convolutions.Sum(c => c.In + c.Bounds);

    /// <summary>Writes the graph.</summary>
    /// <param name="weights"><see cref="WeightBytes"/> bytes; a convolution's are out × in × height × width.</param>
    /// <param name="ranges">Scale and minimum of each convolution's weights, then of its offsets.</param>
    public static byte[] Graph(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges) => Write(weights, ranges, observe: false);

    /// <summary>
    /// Writes a graph that answers, of an image, <see cref="ObservedWidth"/> numbers about the values within: convolution by convolution the
    /// mean of each channel that goes in; then, where what comes out is not held between 0 and 6, the largest of it in absolute value, and where
    /// the block ends, the largest of the sum.
    /// </summary>
    public static byte[] Observer(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges) => Write(weights, ranges, observe: true);

    private static byte[] Write(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges, bool observe)
    {
        var graph = new OnnxGraph("mobilenet-v2", [Input, Output]);
        var value = graph.Cast(graph.Input(Input, ElementType.UInt8, ImageDecoder.DetailLength), ElementType.Float);
        value = graph.Add("Sub", [graph.Add("Mul", [value, Scalar(PixelUnit)]), Scalar(1)]); // -1 to 1
        value = ChannelsFirst(graph, value);
        var (least, most) = (Scalar(0), Scalar(MostActive));
        var all = new QuantizedWeights(graph, weights, ranges);
        var before = value;
        var seen = new List<string>();
        foreach (var layer in Convolutions)
        {
            var (kernel, offsets) = (all.Next(layer.Out, layer.In / layer.Groups, layer.Size, layer.Size), all.Next(layer.Out));
            if (layer.Begins)
                before = value;
            seen.Add(value);
            value = graph.Add("Conv", [value, kernel, offsets], layer.Attributes);
            if (layer.IsActive)
                value = graph.Add("Clip", [value, least, most]);
            else
                seen.Add(value);
            if (layer.Ends)
                seen.Add(value = graph.Add("Add", [value, before]));
        }

        return observe ? Observed(graph, seen) : Embedded(graph, value);

        string Scalar(float number) => graph.Constant(OnnxTensor.Scalar(number));
    }

    /// <summary>Rows × height × width × colours of bytes or numbers as rows × colours × height × width.</summary>
    public static string ChannelsFirst(OnnxGraph graph, string pixels)
    {
        const int side = ImageDecoder.DetailSide;
        var grid = graph.Add("Reshape", [pixels, graph.Constant(OnnxTensor.Of<long>([-1, side, side, 3]))]);
        return graph.Add("Transpose", [grid], OnnxAttribute.Of("perm", [0L, 3, 1, 2]));
    }

    /// <summary>Ends a graph with the means of the last channels, and writes it.</summary>
    public static byte[] Embedded(OnnxGraph graph, string channels)
    {
        graph.Output(Output, graph.Add("Flatten", [graph.Add("GlobalAveragePool", [channels])]), ElementType.Float, Width);
        return Written(graph);
    }

    private static byte[] Observed(OnnxGraph graph, List<string> values)
    {
        // Of what goes into a convolution the means, of what comes out unheld the largest: in the order in which the values were seen.
        var next = 0;
        var numbers = new List<string>();
        foreach (var layer in Convolutions)
        {
            numbers.Add(graph.Add("Flatten", [graph.Add("GlobalAveragePool", [values[next++]])]));
            for (var bound = 0; bound < layer.Bounds; bound++)
                numbers.Add(graph.Add("Flatten", [graph.Add("ReduceMax", [graph.Add("Abs", [values[next++]]), graph.Constant(OnnxTensor.Of<long>([1, 2, 3]))])]));
        }

        graph.Output(Output, graph.Concat([.. numbers]), ElementType.Float, ObservedWidth);
        return Written(graph);
    }

    private static byte[] Written(OnnxGraph graph)
    {
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        return file.ToArray();
    }

    private static IEnumerable<Convolution> AllConvolutions()
    {
        yield return new Convolution("Conv/Conv2D", 3, Stem, 3, 2, 1, IsActive: true);
        var (input, index) = (Stem, 0);
        foreach (var (channels, count, stride) in Blocks)
            for (var i = 0; i < count; i++)
            {
                var name = index == 0 ? "expanded_conv" : $"expanded_conv_{index}";
                var wide = index == 0 ? input : input * Expansion;
                var step = i == 0 ? stride : 1;
                if (index > 0)
                    yield return new Convolution($"{name}/expand/Conv2D", input, wide, 1, 1, 1, IsActive: true, Begins: true);
                yield return new Convolution($"{name}/depthwise/depthwise", wide, wide, 3, step, wide, IsActive: true);
                yield return new Convolution($"{name}/project/Conv2D", wide, channels, 1, 1, 1, IsActive: false, Ends: step == 1 && input == channels);
                (input, index) = (channels, index + 1);
            }

        yield return new Convolution("Conv_1/Conv2D", input, Width, 1, 1, 1, IsActive: true);
    }

    /// <summary>A convolution, with what follows it.</summary>
    /// <param name="Name">Its name in the published model.</param>
    /// <param name="In">Channels in.</param>
    /// <param name="Out">Channels out.</param>
    /// <param name="Size">Pixels of its kernel along a side.</param>
    /// <param name="Stride">Pixels from one place to the next.</param>
    /// <param name="Groups">Groups of channels: 1, or one a channel.</param>
    /// <param name="IsActive">Whether its values are held between 0 and 6.</param>
    /// <param name="Begins">Whether what goes into it is added again where the block ends.</param>
    /// <param name="Ends">Whether what went into the block is added.</param>
    public sealed record Convolution(string Name, int In, int Out, int Size, int Stride, int Groups, bool IsActive, bool Begins = false, bool Ends = false)
    {
        /// <summary>Its weights.</summary>
        public int Weights => Out * (In / Groups) * Size * Size;

        /// <summary>Values after it that are not held between 0 and 6: its own, and the sum where the block ends.</summary>
        public int Bounds => IsActive ? 0 : Ends ? 2 : 1;

        /// <summary>How ONNX's Conv and QLinearConv compute it.</summary>
        public OnnxAttribute[] Attributes =>
            [OnnxAttribute.Of("auto_pad", "SAME_UPPER"), OnnxAttribute.Of("group", (long)Groups), OnnxAttribute.Of("strides", [(long)Stride, Stride])];
    }
}
