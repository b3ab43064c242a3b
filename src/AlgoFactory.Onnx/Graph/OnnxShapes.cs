using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Graph;

/// <summary>A node as <see cref="OnnxGuard"/> reads it.</summary>
internal sealed record GuardedNode(string Operation, IReadOnlyList<string> Inputs, IReadOnlyList<string> Outputs, IReadOnlyDictionary<string, long[]> Attributes)
{
    /// <summary>A whole number or the first of several.</summary>
    public long Number(string name, long otherwise) => Attributes.TryGetValue(name, out var values) && values.Length > 0 ? values[0] : otherwise;
}

/// <summary>A constant as <see cref="OnnxGuard"/> reads it.</summary>
/// <param name="Sizes">Its shape.</param>
/// <param name="Bytes">The length of its data.</param>
/// <param name="Numbers">Its first elements as whole numbers: more than any shape has.</param>
internal sealed record GuardedTensor(long[] Sizes, int Bytes, long[] Numbers)
{
    private const int MaxNumbers = 16;

    /// <summary>Looks at a constant's data.</summary>
    public static GuardedTensor Of(IEnumerable<long> sizes, ReadOnlySpan<byte> data) =>
        new([.. sizes], data.Length, MemoryMarshal.Cast<byte, long>(data[..Math.Min(data.Length, MaxNumbers * sizeof(long))]).ToArray());
}

/// <summary>
/// Finds the shape of every value of a graph for one row, before it runs: a small file can ask for any amount of memory, by
/// padding or by sums that spread in two directions.
/// </summary>
internal sealed class OnnxShapes(IReadOnlyDictionary<string, GuardedTensor> constants)
{
    /// <summary>The most elements of a value.</summary>
    private const long MaxElements = 1 << 24;

    private readonly Dictionary<string, long[]> _shapes = constants.ToDictionary(c => c.Key, c => c.Value.Sizes, StringComparer.Ordinal);

    /// <summary>Sets an input's shape.</summary>
    public void Input(string name, params long[] sizes) => _shapes[name] = sizes;

    /// <summary>Adds a node's value; false when its shape cannot be told, or is too large.</summary>
    public bool Add(GuardedNode node)
    {
        if (node.Inputs.Count == 0 || !node.Inputs.All(_shapes.ContainsKey) || Of(node) is not { } shape || shape.Any(s => s < 1))
            return false;
        long elements = 1;
        foreach (var size in shape)
            if (size > MaxElements || (elements *= size) > MaxElements)
                return false;
        _shapes[node.Outputs[0]] = shape;
        // A scale, a zero.
        foreach (var number in node.Outputs.Skip(1))
            _shapes[number] = [];
        return true;
    }

    private long[]? Of(GuardedNode node)
    {
        var x = _shapes[node.Inputs[0]];
        switch (node.Operation)
        {
            case "Cast" or "Clip" or "DynamicQuantizeLinear" or "Gelu" or "Identity" or "LayerNormalization" or "Relu" or "Softmax":
                return x;
            case "Add" or "Mul":
                return node.Inputs.Count == 2 ? Broadcast(x, _shapes[node.Inputs[1]]) : null;
            case "Concat":
                return Concat(node);
            case "Reshape":
                return node.Inputs.Count == 2 && constants.TryGetValue(node.Inputs[1], out var sizes) ? Reshape(x, sizes.Numbers) : null;
            case "Transpose":
                var order = node.Attributes.GetValueOrDefault("perm");
                return order?.Length == x.Length && order.Order().SequenceEqual(Enumerable.Range(0, x.Length).Select(i => (long)i)) ? Array.ConvertAll(order, o => x[o]) : null;
            case "MatMul" or "MatMulInteger":
                var right = _shapes[node.Inputs[Math.Min(1, node.Inputs.Count - 1)]];
                if (node.Inputs.Count < 2 || x.Length == 0 || right.Length < 2 || x[^1] != right[^2])
                    return null;
                // A matrix, or as many of them as the left side has.
                return right.Length == 2 || (right.Length == x.Length && x[..^2].SequenceEqual(right[..^2])) ? [.. x[..^1], right[^1]] : null;
            case "Gemm":
                var weights = _shapes[node.Inputs[Math.Min(1, node.Inputs.Count - 1)]];
                return weights.Length == 2 && x.Length == 2 && node.Number("transA", 0) == 0 ? [x[0], weights[node.Number("transB", 0) != 0 ? 0 : 1]] : null;
            case "Conv":
                var kernels = _shapes[node.Inputs[Math.Min(1, node.Inputs.Count - 1)]];
                return kernels.Length == 4 && x.Length == 4 ? Window(node, x, kernels[0], kernels[2..]) : null;
            case "AveragePool" or "MaxPool":
                return x.Length == 4 && node.Attributes.TryGetValue("kernel_shape", out var window) && window.Length == 2 ? Window(node, x, x[1], window) : null;
            case "GlobalAveragePool":
                return x.Length == 4 ? [x[0], x[1], 1, 1] : null;
            case "ReduceMean":
                // At most as large; the mean over one dimension that is not kept, exactly.
                return node.Number("keepdims", 1) == 0 && node.Inputs.Count == 2 && constants.TryGetValue(node.Inputs[1], out var axes)
                    && axes.Numbers is [var over and >= 0] && over < x.Length ? [.. x[..(int)over], .. x[((int)over + 1)..]] : x;
            case "Gather":
                var (axis, indices) = (node.Number("axis", 0), _shapes[node.Inputs[^1]]);
                return axis >= 0 && axis < x.Length ? [.. x[..(int)axis], .. indices, .. x[((int)axis + 1)..]] : null;
            default:
                return null;
        }
    }

    private long[]? Concat(GuardedNode node)
    {
        var (shape, axis) = (_shapes[node.Inputs[0]].ToArray(), node.Number("axis", -1));
        if (axis < 0 || axis >= shape.Length)
            return null;
        foreach (var input in node.Inputs.Skip(1))
        {
            var other = _shapes[input];
            if (other.Length != shape.Length || shape.Where((size, i) => i != axis && other[i] != size).Any())
                return null;
            shape[axis] += other[axis];
        }

        return shape;
    }

    private static long[]? Window(GuardedNode node, long[] x, long channels, ReadOnlySpan<long> kernel)
    {
        var pads = node.Attributes.GetValueOrDefault("pads") ?? [0, 0, 0, 0];
        var strides = node.Attributes.GetValueOrDefault("strides") ?? [1, 1];
        if (pads.Length != 4 || strides.Length != 2 || node.Number("ceil_mode", 0) != 0 || node.Attributes.ContainsKey("dilations") || node.Attributes.ContainsKey("auto_pad"))
            return null;
        var sizes = new long[2];
        for (var i = 0; i < 2; i++)
        {
            if (pads[i] < 0 || pads[i] > MaxElements || pads[i + 2] < 0 || pads[i + 2] > MaxElements || strides[i] < 1)
                return null;
            sizes[i] = (x[2 + i] + pads[i] + pads[i + 2] - kernel[i]) / strides[i] + 1;
        }

        return [x[0], channels, .. sizes];
    }

    private static long[]? Reshape(long[] x, long[] to)
    {
        if (to.Length > 8 || to.Where((size, i) => size < 0 || (size == 0 && i >= x.Length)).Any())
            return null;
        long[] sizes = [.. to.Select((size, i) => size == 0 ? x[i] : size)];
        return sizes.Aggregate(1.0, (product, size) => product * size) == x.Aggregate(1.0, (product, size) => product * size) ? sizes : null;
    }

    private static long[]? Broadcast(long[] a, long[] b)
    {
        var shape = new long[Math.Max(a.Length, b.Length)];
        for (var i = 1; i <= shape.Length; i++)
        {
            var (left, right) = (i <= a.Length ? a[^i] : 1, i <= b.Length ? b[^i] : 1);
            if (left != right && left != 1 && right != 1)
                return null;
            shape[^i] = Math.Max(left, right);
        }

        return shape;
    }
}
