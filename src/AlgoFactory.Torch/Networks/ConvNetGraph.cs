using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Torch.Networks;

/// <summary>Writes a trained <see cref="ConvNetSpec"/> as ONNX: from bytes of pixels to scores, normalisations folded into the convolutions before them.</summary>
public static class ConvNetGraph
{
    /// <summary>How much each colour counts to grey (ITU-R BT.601).</summary>
    public static ReadOnlySpan<float> GreyWeights => [0.299f, 0.587f, 0.114f];

    /// <summary>Writes the file.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="weights">All its weights, one behind the other in the order of <see cref="ConvNetSpec.Weights"/>.</param>
    /// <param name="task">Says what the scores are.</param>
    /// <param name="target">Regression: the target's units.</param>
    public static byte[] Write(ConvNetSpec spec, ReadOnlySpan<float> weights, TaskKind task, TargetUnits? target)
    {
        var tensors = NetworkGraph.ByName(spec, weights);
        var graph = new OnnxGraph("algofactory", [OnnxModel.Input, OnnxModel.Output]);
        var x = Vector(graph, spec, tensors, "");
        x = graph.Add(
            "Gemm",
            [x, graph.Constant(OnnxTensor.Of<float>(tensors["head.weight"], spec.Outputs, spec.Features)), graph.Constant(OnnxTensor.Of<float>(tensors["head.bias"]))],
            OnnxAttribute.Of("transB", 1L));
        return NetworkGraph.Finish(graph, x, spec.Outputs, task, target, OnnxModel.Output);
    }

    /// <summary>Adds the input of pixels and what becomes of them below the last layer: rows × <see cref="ConvNetSpec.Features"/>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="spec">The network, or a branch of one.</param>
    /// <param name="tensors">The weights by name.</param>
    /// <param name="prefix">What the names begin with.</param>
    internal static string Vector(OnnxGraph graph, ConvNetSpec spec, Dictionary<string, float[]> tensors, string prefix)
    {
        var x = Pixels(graph, spec);
        x = Relu(graph, Convolution(graph, tensors, prefix + "stem", x, spec.Channels, spec.Widths[0], 3, 1));
        x = graph.Add("MaxPool", [x], OnnxAttribute.Of("kernel_shape", [2L, 2L]), OnnxAttribute.Of("strides", [2L, 2L]));
        var from = spec.Widths[0];
        for (var stage = 0; stage < spec.Widths.Length; stage++)
            for (var block = 0; block < spec.Blocks; block++)
            {
                var (name, to, stride) = ($"{prefix}stage{stage}.block{block}", spec.Widths[stage], ConvNetSpec.Stride(stage, block));
                var y = Relu(graph, Convolution(graph, tensors, $"{name}.conv1", x, from, to, 3, stride));
                y = Convolution(graph, tensors, $"{name}.conv2", y, to, to, 3, 1);
                var shortcut = tensors.ContainsKey($"{name}.shortcut.weight") ? Convolution(graph, tensors, $"{name}.shortcut", x, from, to, 1, stride) : x;
                x = Relu(graph, graph.Add("Add", [y, shortcut]));
                from = to;
            }

        return graph.Add("Reshape", [graph.Add("GlobalAveragePool", [x]), graph.Constant(OnnxTensor.Of<long>([0, from]))]);
    }

    private static string Pixels(OnnxGraph graph, ConvNetSpec spec)
    {
        var (height, width, channels) = spec.Image;
        var x = graph.Cast(graph.Input(OnnxModel.Input, ElementType.UInt8, spec.Image.Length), ElementType.Float);
        x = graph.Add("Reshape", [x, graph.Constant(OnnxTensor.Of<long>([0, height, width, channels]))]);
        if (spec.Grey && channels == GreyWeights.Length)
            x = graph.Add("MatMul", [x, graph.Constant(OnnxTensor.Of(GreyWeights, GreyWeights.Length, 1))]);
        x = graph.Add("Transpose", [x], OnnxAttribute.Of("perm", [0L, 3L, 1L, 2L]));
        if (spec.Shrink > 1)
            x = graph.Add("AveragePool", [x], OnnxAttribute.Of("kernel_shape", [(long)spec.Shrink, spec.Shrink]), OnnxAttribute.Of("strides", [(long)spec.Shrink, spec.Shrink]));
        float[] factors = [.. spec.Deviation.Select(d => 1 / (255 * d))];
        float[] offsets = [.. spec.Mean.Select((m, c) => -m / spec.Deviation[c])];
        x = graph.Add("Mul", [x, graph.Constant(OnnxTensor.Of<float>(factors, 1, factors.Length, 1, 1))]);
        return graph.Add("Add", [x, graph.Constant(OnnxTensor.Of<float>(offsets, 1, offsets.Length, 1, 1))]);
    }

    /// <summary>A convolution and the normalisation behind it, as one: w · s / √(v + ε), and b - m · s / √(v + ε).</summary>
    private static string Convolution(
        OnnxGraph graph, Dictionary<string, float[]> tensors, string name, string x, int from, int to, int side, int stride)
    {
        var (weight, scale, shift) = (tensors[$"{name}.weight"], tensors[$"{name}.scale"], tensors[$"{name}.shift"]);
        var (mean, variance) = (tensors[$"{name}.mean"], tensors[$"{name}.variance"]);
        var (folded, bias) = (new float[weight.Length], new float[to]);
        var perOutput = from * side * side;
        for (var output = 0; output < to; output++)
        {
            var factor = scale[output] / Math.Sqrt(variance[output] + ConvNetSpec.Epsilon);
            for (var i = output * perOutput; i < (output + 1) * perOutput; i++)
                folded[i] = (float)(weight[i] * factor);
            bias[output] = (float)(shift[output] - mean[output] * factor);
        }

        var pad = (long)side / 2;
        return graph.Add(
            "Conv", [x, graph.Constant(OnnxTensor.Of<float>(folded, to, from, side, side)), graph.Constant(OnnxTensor.Of<float>(bias))],
            OnnxAttribute.Of("kernel_shape", [side, (long)side]), OnnxAttribute.Of("strides", [stride, (long)stride]), OnnxAttribute.Of("pads", [pad, pad, pad, pad]));
    }

    private static string Relu(OnnxGraph graph, string x) => graph.Add("Relu", [x]);
}
