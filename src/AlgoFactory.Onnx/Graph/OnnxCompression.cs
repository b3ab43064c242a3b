using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Graph;

/// <summary>Makes the graphs of this program's networks smaller: whole numbers instead of floats, or zeros instead of the smallest weights.</summary>
public static class OnnxCompression
{
    /// <summary>
    /// The largest whole number of a weight that is multiplied as one. Products of bytes are added in pairs of 16 bits on processors
    /// without VNNI: with 7 bits a weight no pair is too large, so that a model says the same everywhere.
    /// </summary>
    public const int LargestFactor = 63;

    /// <summary>The largest whole number of a weight that becomes a float again before it is used.</summary>
    public const int LargestWeight = 127;

    /// <summary>Tensors of fewer weights stay as they are: there is nothing to gain.</summary>
    private const int LeastWeights = 256;

    /// <summary>
    /// Weights as 8-bit numbers with a scale for each output. Products are made of whole numbers: what weights are multiplied with is
    /// quantised as it comes, by its own range (dynamic quantisation, DynamicQuantizeLinear and MatMulInteger). Kernels of
    /// convolutions and tables of vectors become floats again, kernels as the graph is loaded: ConvInteger is several times slower
    /// than Conv in ONNX Runtime.
    /// </summary>
    /// <param name="file">A file that <see cref="OnnxGuard"/> finds no fault with.</param>
    /// <returns>The file, of the same inputs and outputs.</returns>
    public static byte[] Int8(byte[] file)
    {
        var from = OnnxReader.Read(file);
        var weights = Weights(from);
        OnnxGraph.Node[] nodes = [.. from.Nodes];
        from.Nodes.Clear();
        foreach (var node in nodes)
        {
            var weight = node.Inputs.Length > 1 ? weights.GetValueOrDefault(node.Inputs[node.Operation == "Gather" ? 0 : 1]) : null;
            if (weight is null || !Quantise(from, node, weight))
                from.Nodes.Add(node);
        }

        DropUnused(from);
        return Write(from);
    }

    /// <summary>Sets the smallest weights of every product, convolution and table of vectors to 0 (Han et al., Learning both weights and connections, 2015).</summary>
    /// <param name="file">A file that <see cref="OnnxGuard"/> finds no fault with.</param>
    /// <param name="share">The share of each tensor's weights, 0 to 1.</param>
    /// <returns>The file: as long as before, and shorter when packed.</returns>
    public static byte[] Prune(byte[] file, double share)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(share);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(share, 1);
        var graph = OnnxReader.Read(file);
        foreach (var tensor in Weights(graph).Values)
        {
            var values = MemoryMarshal.Cast<byte, float>(tensor.Data.AsSpan());
            var order = new int[values.Length];
            var sizes = new float[values.Length];
            for (var i = 0; i < order.Length; i++)
                (order[i], sizes[i]) = (i, Math.Abs(values[i]));
            Array.Sort(sizes, order);
            foreach (var i in order.AsSpan(0, (int)(share * order.Length)))
                values[i] = 0;
        }

        return Write(graph);
    }

    /// <summary>Constants that a product, a convolution or a table of vectors takes its weights from.</summary>
    private static Dictionary<string, OnnxTensor> Weights(OnnxGraph graph)
    {
        var names = graph.Nodes
            .Where(n => n.Inputs.Length > 1)
            .Select(n => n.Operation switch { "MatMul" or "Conv" or "Gemm" => n.Inputs[1], "Gather" => n.Inputs[0], _ => "" })
            .ToHashSet(StringComparer.Ordinal);
        return graph.Constants
            .Where(c => names.Contains(c.Name) && c.Tensor.Type == ElementType.Float && c.Tensor.Data.Length >= LeastWeights * sizeof(float))
            .ToDictionary(c => c.Name, c => c.Tensor, StringComparer.Ordinal);
    }

    private static bool Quantise(OnnxGraph graph, OnnxGraph.Node node, OnnxTensor weight)
    {
        switch (node.Operation)
        {
            case "MatMul" when weight.Shape.Length == 2:
                Product(graph, node, weight, outputsFirst: false);
                return true;
            // As this program writes it: x · wᵀ + b.
            case "Gemm" when weight.Shape.Length == 2 && node.Inputs.Length == 3 && node.Attributes is [{ Name: "transB" }]:
                Product(graph, node, weight, outputsFirst: true);
                return true;
            case "Conv" when weight.Shape.Length == 4:
                Convolution(graph, node, weight);
                return true;
            case "Gather" when weight.Shape.Length == 2:
                Table(graph, node, weight);
                return true;
            default:
                return false;
        }
    }

    private static void Product(OnnxGraph graph, OnnxGraph.Node node, OnnxTensor weight, bool outputsFirst)
    {
        var (outputs, inputs) = outputsFirst ? ((int)weight.Shape[0], (int)weight.Shape[1]) : ((int)weight.Shape[1], (int)weight.Shape[0]);
        var values = MemoryMarshal.Cast<byte, float>(weight.Data);
        var turned = new float[values.Length];
        for (var o = 0; o < outputs; o++)
            for (var i = 0; i < inputs; i++)
                turned[i * outputs + o] = outputsFirst ? values[o * inputs + i] : values[i * outputs + o];
        var (numbers, scales) = Quantised(turned, outputs, LargestFactor, (_, place) => place % outputs);
        var x = graph.AddMany("DynamicQuantizeLinear", [node.Inputs[0]], 3);
        var sum = graph.Add("MatMulInteger", [x[0], graph.Constant(OnnxTensor.Of<sbyte>(numbers, inputs, outputs)), x[2]]);
        Scaled(graph, node, sum, x[1], OnnxTensor.Of<float>(scales), node.Inputs.Length == 3 ? node.Inputs[2] : null);
    }

    private static void Convolution(OnnxGraph graph, OnnxGraph.Node node, OnnxTensor weight)
    {
        var outputs = (int)weight.Shape[0];
        var (numbers, scales) = Quantised(MemoryMarshal.Cast<byte, float>(weight.Data), outputs, LargestWeight, (length, place) => place / (length / outputs));
        var whole = graph.Cast(graph.Constant(OnnxTensor.Of<sbyte>(numbers, weight.Shape.AsSpan())), ElementType.Float);
        var kernels = graph.Add("Mul", [whole, graph.Constant(OnnxTensor.Of<float>(scales, outputs, 1, 1, 1))]);
        graph.Nodes.Add(node with { Inputs = [node.Inputs[0], kernels, .. node.Inputs.Skip(2)] });
    }

    /// <summary>Vectors by index; a scale for each of their places.</summary>
    private static void Table(OnnxGraph graph, OnnxGraph.Node node, OnnxTensor weight)
    {
        var width = (int)weight.Shape[1];
        var (numbers, scales) = Quantised(MemoryMarshal.Cast<byte, float>(weight.Data), width, LargestWeight, (_, place) => place % width);
        var rows = graph.Add("Gather", [graph.Constant(OnnxTensor.Of<sbyte>(numbers, weight.Shape.AsSpan())), node.Inputs[1]], node.Attributes);
        Add(graph, "Mul", [graph.Cast(rows, ElementType.Float), graph.Constant(OnnxTensor.Of<float>(scales))], node.Outputs[0]);
    }

    /// <summary>A sum of whole numbers in the units of what was added, plus a bias, under the node's own name.</summary>
    private static void Scaled(OnnxGraph graph, OnnxGraph.Node node, string sum, string scale, OnnxTensor scales, string? bias)
    {
        var unit = graph.Add("Mul", [scale, graph.Constant(scales)]);
        if (bias is null)
        {
            Add(graph, "Mul", [graph.Cast(sum, ElementType.Float), unit], node.Outputs[0]);
            return;
        }

        Add(graph, "Add", [graph.Add("Mul", [graph.Cast(sum, ElementType.Float), unit]), bias], node.Outputs[0]);
    }

    private static void Add(OnnxGraph graph, string operation, string[] inputs, string output) => graph.Nodes.Add(new OnnxGraph.Node("", operation, inputs, [output], []));

    private static (sbyte[] Numbers, float[] Scales) Quantised(ReadOnlySpan<float> values, int outputs, int most, Func<int, int, int> outputOf)
    {
        var (numbers, scales) = (new sbyte[values.Length], new float[outputs]);
        for (var i = 0; i < values.Length; i++)
        {
            ref var largest = ref scales[outputOf(values.Length, i)];
            largest = Math.Max(largest, Math.Abs(values[i]));
        }

        for (var output = 0; output < outputs; output++)
            scales[output] = scales[output] > 0 ? scales[output] / most : 1;
        for (var i = 0; i < values.Length; i++)
            numbers[i] = (sbyte)Math.Clamp(MathF.Round(values[i] / scales[outputOf(values.Length, i)]), -most, most);
        return (numbers, scales);
    }

    private static void DropUnused(OnnxGraph graph)
    {
        var used = graph.Nodes.SelectMany(n => n.Inputs).ToHashSet(StringComparer.Ordinal);
        graph.Constants.RemoveAll(c => !used.Contains(c.Name));
    }

    private static byte[] Write(OnnxGraph graph)
    {
        using var file = new MemoryStream();
        OnnxFile.Write(graph, "AlgoFactory", typeof(OnnxCompression).Assembly.GetName().Version?.ToString(3) ?? "", [], file);
        return file.ToArray();
    }
}
