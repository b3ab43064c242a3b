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

    private const int Stem = 48;
    private const int Expansion = 6;
    private const float MostActive = 6;

    /// <summary>The blocks' channels, how many there are of a kind, and the first one's stride.</summary>
    private static readonly ImmutableArray<(int Channels, int Count, int Stride)> Blocks =
        [(24, 1, 1), (32, 2, 2), (48, 3, 2), (88, 4, 2), (136, 3, 1), (224, 3, 2), (448, 1, 1)];

    /// <summary>The convolutions, in the order of their weights.</summary>
    public static ImmutableArray<Convolution> Convolutions { get; } = [.. AllConvolutions()];

    /// <summary>Bytes of all weights: each convolution's, then its offsets.</summary>
    public static int WeightBytes { get; } = Convolutions.Sum(c => c.Weights + c.Out);

    /// <summary>Writes the graph.</summary>
    /// <param name="weights"><see cref="WeightBytes"/> bytes; a convolution's are out × in × height × width.</param>
    /// <param name="ranges">Scale and minimum of each convolution's weights, then of its offsets.</param>
    public static byte[] Graph(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges)
    {
        const int side = ImageDecoder.DetailSide;
        var graph = new OnnxGraph("mobilenet-v2", [Input, Output]);
        var value = graph.Cast(graph.Input(Input, ElementType.UInt8, ImageDecoder.DetailLength), ElementType.Float);
        value = graph.Add("Sub", [graph.Add("Mul", [value, Scalar(2f / byte.MaxValue)]), Scalar(1)]); // -1 to 1
        value = graph.Add("Reshape", [value, graph.Constant(OnnxTensor.Of<long>([-1, side, side, 3]))]);
        value = graph.Add("Transpose", [value], OnnxAttribute.Of("perm", [0L, 3, 1, 2]));
        var (least, most) = (Scalar(0), Scalar(MostActive));
        var all = new QuantizedWeights(graph, weights, ranges);
        var before = value;
        foreach (var layer in Convolutions)
        {
            var (kernel, offsets) = (all.Next(layer.Out, layer.In / layer.Groups, layer.Size, layer.Size), all.Next(layer.Out));
            if (layer.Begins)
                before = value;
            value = graph.Add("Conv", [value, kernel, offsets], OnnxAttribute.Of("auto_pad", "SAME_UPPER"), OnnxAttribute.Of("group", (long)layer.Groups),
                OnnxAttribute.Of("strides", [(long)layer.Stride, layer.Stride]));
            if (layer.IsActive)
                value = graph.Add("Clip", [value, least, most]);
            if (layer.Ends)
                value = graph.Add("Add", [value, before]);
        }

        value = graph.Add("Flatten", [graph.Add("GlobalAveragePool", [value])]);
        graph.Output(Output, value, ElementType.Float, Width);
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "algofactory", "1", [], file);
        return file.ToArray();

        string Scalar(float number) => graph.Constant(OnnxTensor.Scalar(number));
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
    }
}
