using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Networks;
using AlgoFactory.Onnx;
using AlgoFactory.Onnx.Graph;

namespace AlgoFactory.Torch.Networks;

/// <summary>Writes a trained <see cref="TextNetSpec"/> as ONNX, for one row of any length: from tokens and their places to scores.</summary>
public static class TextNetGraph
{
    /// <summary>Writes the file.</summary>
    /// <param name="spec">The network.</param>
    /// <param name="weights">All its weights, one behind the other in the order of <see cref="TextNetSpec.Weights"/>.</param>
    /// <param name="task">Says what the scores are.</param>
    /// <param name="target">Regression: the target's units.</param>
    public static byte[] Write(TextNetSpec spec, ReadOnlySpan<float> weights, TaskKind task, TargetUnits? target)
    {
        var tensors = NetworkGraph.ByName(spec, weights);
        var graph = new OnnxGraph("algofactory", [OnnxTextModel.Tokens, OnnxTextModel.Positions, OnnxTextModel.Output]);
        var x = NetworkGraph.Linear(graph, Vector(graph, spec, tensors, ""), tensors["head.weight"], tensors["head.bias"]);
        return NetworkGraph.Finish(graph, x, spec.Outputs, task, target, OnnxTextModel.Output);
    }

    /// <summary>Adds the inputs of tokens and places and what becomes of them below the last layer: rows × <see cref="TextNetSpec.Width"/>.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="spec">The network, or a branch of one.</param>
    /// <param name="tensors">The weights by name.</param>
    /// <param name="prefix">What the names begin with.</param>
    internal static string Vector(OnnxGraph graph, TextNetSpec spec, Dictionary<string, float[]> tensors, string prefix)
    {
        var x = graph.Add("Add", [
            Vectors(prefix + "tokens", OnnxTextModel.Tokens, spec.Vocabulary),
            Vectors(prefix + "positions", OnnxTextModel.Positions, spec.MaxTokens),
        ]);
        for (var block = 0; block < spec.Blocks; block++)
        {
            var name = $"{prefix}block{block}";
            var attended = Attention(graph, spec, tensors, name, Norm(name + ".norm1", x));
            x = graph.Add("Add", [x, NetworkGraph.Linear(graph, attended, tensors[$"{name}.joined.weight"], tensors[$"{name}.joined.bias"])]);
            var wide = graph.Add("Gelu", [NetworkGraph.Linear(graph, Norm(name + ".norm2", x), tensors[$"{name}.wide.weight"], tensors[$"{name}.wide.bias"])]);
            x = graph.Add("Add", [x, NetworkGraph.Linear(graph, wide, tensors[$"{name}.narrow.weight"], tensors[$"{name}.narrow.bias"])]);
        }

        return graph.Add("ReduceMean", [Norm(prefix + "norm", x), graph.Constant(OnnxTensor.Of<long>([1]))], OnnxAttribute.Of("keepdims", 0L));

        string Vectors(string name, string input, int count) => graph.Add(
            "Gather", [graph.Constant(OnnxTensor.Of<float>(tensors[name], count, spec.Width)), graph.Input(input, ElementType.Int64, OnnxGraph.AnyWidth)],
            OnnxAttribute.Of("axis", 0L));

        string Norm(string name, string value) => graph.Add(
            "LayerNormalization",
            [value, graph.Constant(OnnxTensor.Of<float>(tensors[name + ".scale"])), graph.Constant(OnnxTensor.Of<float>(tensors[name + ".shift"]))],
            OnnxAttribute.Of("axis", -1L), OnnxAttribute.Of("epsilon", (float)TextNetSpec.Epsilon));
    }

    /// <summary>softmax(q · kᵀ / √d) · v for each head; the root is folded into what makes q.</summary>
    private static string Attention(OnnxGraph graph, TextNetSpec spec, Dictionary<string, float[]> tensors, string name, string x)
    {
        var (weight, bias) = (tensors[$"{name}.attention.weight"], tensors[$"{name}.attention.bias"]);
        var (width, size) = (spec.Width, spec.Width / spec.Heads);
        var (queries, keys, values) = (Part(0, 1 / Math.Sqrt(size), [0, 2, 1, 3]), Part(1, 1, [0, 2, 3, 1]), Part(2, 1, [0, 2, 1, 3]));
        var shares = graph.Add("Softmax", [graph.Add("MatMul", [queries, keys])], OnnxAttribute.Of("axis", -1L));
        var heads = graph.Add("Transpose", [graph.Add("MatMul", [shares, values])], OnnxAttribute.Of("perm", [0L, 2L, 1L, 3L]));
        return graph.Add("Reshape", [heads, graph.Constant(OnnxTensor.Of<long>([0, 0, width]))]);

        // One of the three thirds of the layer, as rows × heads × tokens × size, or as the order says.
        string Part(int third, double factor, long[] order)
        {
            float[] Scaled(float[] all, int length) => Array.ConvertAll(all.AsSpan(third * length, length).ToArray(), v => (float)(v * factor));
            var part = NetworkGraph.Linear(graph, x, Scaled(weight, width * width), Scaled(bias, width));
            part = graph.Add("Reshape", [part, graph.Constant(OnnxTensor.Of<long>([0, 0, spec.Heads, size]))]);
            return graph.Add("Transpose", [part], OnnxAttribute.Of("perm", [.. order]));
        }
    }
}
