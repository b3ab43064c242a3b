using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// Adds weights to a graph one after the other: bytes that stand for scale × byte + minimum, which ONNX Runtime computes once, when it
/// loads the graph.
/// </summary>
internal ref struct QuantizedWeights(OnnxGraph graph, ReadOnlySpan<byte> weights, ReadOnlySpan<float> ranges)
{
    private ReadOnlySpan<byte> _weights = weights;
    private ReadOnlySpan<float> _ranges = ranges;

    /// <summary>The next tensor as a value of the graph.</summary>
    public string Next(params ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (var size in shape)
            count *= size;
        var bytes = graph.Cast(graph.Constant(OnnxTensor.Of(_weights[..(int)count], shape)), ElementType.Float);
        var value = graph.Add("Add", [graph.Add("Mul", [bytes, graph.Constant(OnnxTensor.Scalar(_ranges[0]))]), graph.Constant(OnnxTensor.Scalar(_ranges[1]))]);
        _weights = _weights[(int)count..];
        _ranges = _ranges[2..];
        return value;
    }

    /// <summary>Numbers as bytes between their least and their most.</summary>
    public static (float Scale, float Minimum) Quantize(ReadOnlySpan<float> numbers, Span<byte> to)
    {
        var (least, most) = (float.PositiveInfinity, float.NegativeInfinity);
        foreach (var number in numbers)
            (least, most) = (Math.Min(least, number), Math.Max(most, number));
        var scale = (most - least) / byte.MaxValue;
        for (var i = 0; i < numbers.Length; i++)
            to[i] = scale > 0 ? (byte)MathF.Round((numbers[i] - least) / scale) : (byte)0;
        return (scale, least);
    }
}
