using AlgoFactory.Data.Images;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;
using AlgoFactory.Onnx.Runtime;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// <see cref="MobileNetV2"/> computed with whole numbers (Jacob et al., Quantization and training of neural networks for efficient
/// integer-arithmetic-only inference, 2018): weights as signed bytes with a unit for each channel that comes out, values as bytes with a
/// unit for each layer. What rounding the weights takes from a channel's mean goes into its offset (Nagel et al., Data-free quantization
/// through weight equalization and bias correction, 2019).
/// </summary>
internal static class MobileNetV2Int8
{
    /// <summary>The byte that stands for 0 among values of either sign.</summary>
    private const byte Middle = 128;

    /// <summary>Images that are drawn to see what values are like within.</summary>
    private const int Images = 16;

    /// <summary>The largest offset in the units of a sum, which has 32 bits.</summary>
    private const float LargestOffset = 1 << 29;

    private const float LeastUnit = 1e-12f;

    /// <summary>
    /// What <see cref="MobileNetV2.Observer"/> says of images that are drawn for it: channels' means over all of them, and bounds that are
    /// the largest of any.
    /// </summary>
    /// <exception cref="LearningException">ONNX Runtime is not there, or fails.</exception>
    public static float[] Observe(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges)
    {
        var observed = new float[MobileNetV2.ObservedWidth];
        try
        {
            using var session = new OnnxSession(MobileNetV2.Observer(weights, ranges));
            for (var image = 0; image < Images; image++)
            {
                var pixels = DeadLeaves.Draw(ImageDecoder.DetailSide, image);
                Add(session.Run(1, [KeyValuePair.Create<string, Array>(MobileNetV2.Input, pixels)], MobileNetV2.Output), observed);
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new LearningException(e.Message);
        }

        return observed;
    }

    /// <summary>Writes the graph, of the same input and output as <see cref="MobileNetV2.Graph"/>.</summary>
    /// <param name="weights">As there.</param>
    /// <param name="ranges">As there.</param>
    /// <param name="observed"><see cref="MobileNetV2.ObservedWidth"/> numbers, of <see cref="Observe"/>.</param>
    public static byte[] Graph(ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges, ReadOnlySpan<float> observed)
    {
        var graph = new OnnxGraph("mobilenet-v2-int8", [MobileNetV2.Input, MobileNetV2.Output]);
        var pixels = MobileNetV2.ChannelsFirst(graph, graph.Input(MobileNetV2.Input, ElementType.UInt8, ImageDecoder.DetailLength));
        var value = Bytes.Of(graph, pixels, MobileNetV2.PixelUnit, Middle);
        var before = value;
        // Of a pixel 127.5 stands for 0: half a unit below the middle.
        var shift = value.Unit / 2;
        foreach (var layer in MobileNetV2.Convolutions)
        {
            if (layer.Begins)
                before = value;
            var kernels = Numbers(ref weights, ref ranges, layer.Weights);
            var (rounded, units, offsets) = Round(layer, kernels, Numbers(ref weights, ref ranges, layer.Out), observed[..layer.In], value.Unit, shift);
            observed = observed[layer.In..];
            shift = 0;
            var (unit, zero) = layer.IsActive ? (MobileNetV2.MostActive / byte.MaxValue, (byte)0) : (Unit(observed[0]), Middle);
            var after = Bytes.Of(graph, "", unit, zero);
            var name = graph.Add("QLinearConv",
            [
                value.Name, value.UnitName, value.ZeroName,
                graph.Constant(OnnxTensor.Of<sbyte>(rounded, layer.Out, layer.In / layer.Groups, layer.Size, layer.Size)),
                graph.Constant(OnnxTensor.Of<float>(units)), graph.Constant(OnnxTensor.Of<sbyte>(new sbyte[layer.Out])),
                after.UnitName, after.ZeroName, graph.Constant(OnnxTensor.Of<int>(offsets)),
            ], layer.Attributes);
            value = after with { Name = name };
            if (layer.Ends)
                value = Sum(graph, value, before, Unit(observed[1]));
            observed = observed[layer.Bounds..];
        }

        return MobileNetV2.Embedded(graph, value.Floats(graph));
    }

    /// <summary>Weights as whole numbers, the unit of each channel's, and offsets in the units of its sums.</summary>
    /// <param name="layer">The convolution.</param>
    /// <param name="kernels">Its weights, those of a channel that comes out one after the other.</param>
    /// <param name="offsets">Its offsets.</param>
    /// <param name="means">The means of the channels that go in.</param>
    /// <param name="unit">The unit of the bytes that go in.</param>
    /// <param name="shift">What is to be added to each of them.</param>
    internal static (sbyte[] Kernels, float[] Units, int[] Offsets) Round(
        MobileNetV2.Convolution layer, ReadOnlySpan<float> kernels, ReadOnlySpan<float> offsets, ReadOnlySpan<float> means, float unit, float shift)
    {
        var (numbers, units, sums) = (new sbyte[layer.Weights], new float[layer.Out], new int[layer.Out]);
        var (length, area) = (layer.Weights / layer.Out, layer.Size * layer.Size);
        // A channel of its own is not computed as a product of matrices: see the two limits.
        var most = layer.Groups == 1 ? OnnxCompression.LargestFactor : OnnxCompression.LargestWeight;
        for (var channel = 0; channel < layer.Out; channel++)
        {
            var kernel = kernels.Slice(channel * length, length);
            var largest = LeastUnit;
            foreach (var weight in kernel)
                largest = Math.Max(largest, Math.Abs(weight));
            var step = units[channel] = Math.Max(largest / most, Math.Abs(offsets[channel]) / (unit * LargestOffset));
            double offset = offsets[channel];
            for (var i = 0; i < length; i++)
            {
                var number = Math.Clamp(MathF.Round(kernel[i] / step), -most, most);
                numbers[channel * length + i] = (sbyte)number;
                offset += (kernel[i] - number * step) * means[layer.Groups == 1 ? i / area : channel] + kernel[i] * shift;
            }

            sums[channel] = (int)Math.Clamp(Math.Round(offset / ((double)unit * step)), -2 * LargestOffset, 2 * LargestOffset);
        }

        return (numbers, units, sums);
    }

    private static Bytes Sum(OnnxGraph graph, Bytes left, Bytes right, float unit)
    {
        var sum = Bytes.Of(graph, "", unit, Middle);
        return sum with { Name = graph.Add("QuantizeLinear", [graph.Add("Add", [left.Floats(graph), right.Floats(graph)]), sum.UnitName, sum.ZeroName]) };
    }

    /// <summary>The unit in which bytes reach a bound on either side of <see cref="Middle"/>.</summary>
    private static float Unit(float bound) => Math.Max(2 * bound / byte.MaxValue, LeastUnit);

    private static float[] Numbers(ref ReadOnlySpan<byte> weights, ref ReadOnlySpan<float> ranges, int count)
    {
        var numbers = new float[count];
        for (var i = 0; i < count; i++)
            numbers[i] = weights[i] * ranges[0] + ranges[1];
        weights = weights[count..];
        ranges = ranges[2..];
        return numbers;
    }

    private static void Add(ReadOnlySpan<float> image, Span<float> observed)
    {
        var at = 0;
        foreach (var layer in MobileNetV2.Convolutions)
        {
            for (var end = at + layer.In; at < end; at++)
                observed[at] += image[at] / Images;
            for (var end = at + layer.Bounds; at < end; at++)
                observed[at] = Math.Max(observed[at], image[at]);
        }
    }

    /// <summary>A value of the graph in bytes, the unit that they count, and the byte that stands for 0.</summary>
    private sealed record Bytes(string Name, float Unit, string UnitName, string ZeroName)
    {
        public static Bytes Of(OnnxGraph graph, string name, float unit, byte zero) =>
            new(name, unit, graph.Constant(OnnxTensor.Scalar(unit)), graph.Constant(OnnxTensor.Scalar(zero)));

        public string Floats(OnnxGraph graph) => graph.Add("DequantizeLinear", [Name, UnitName, ZeroName]);
    }
}
