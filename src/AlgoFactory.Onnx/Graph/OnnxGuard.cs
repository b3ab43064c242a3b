using System.Collections.Frozen;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// Looks through an ONNX file that came with a model from elsewhere, before ONNX Runtime sees it: only the operators that this
/// program's own networks are made of, no weights in other files, no graphs within graphs, no functions, and no value that
/// would take more memory than a network of images has use for.
/// </summary>
public static class OnnxGuard
{
    private const int MaxBytes = 1 << 30;
    private const int MaxNodes = 10_000;

    /// <summary>The numbers among the fields that are looked at: an attribute's number, its list of numbers, a tensor's sizes, and where its data lie.</summary>
    private const int AttributeNumber = 3;
    private const int AttributeNumbers = 8;
    private const int TensorSizes = 1;
    private const int DataLocation = 14;

    /// <summary>The only operator of several values: bytes, their scale, their zero.</summary>
    private const string Quantize = "DynamicQuantizeLinear";

    private static readonly FrozenSet<string> Operators = FrozenSet.ToFrozenSet(
    [
        "Add", "AveragePool", "Cast", "Clip", "Concat", "Conv", Quantize, "Gather", "Gelu", "Gemm", "GlobalAveragePool", "Identity", "LayerNormalization",
        "MatMul", "MatMulInteger", "MaxPool", "Mul", "ReduceMean", "Relu", "Reshape", "Softmax", "Transpose",
    ], StringComparer.Ordinal);

    /// <summary>What speaks against the file, in words; null: nothing.</summary>
    /// <param name="file">The file.</param>
    /// <param name="input">Its only input.</param>
    /// <param name="width">The input's elements a row.</param>
    public static string? Fault(byte[] file, string input, long width) => Fault(file, [new(input, width)]);

    /// <summary>What speaks against a file of several inputs, in words; null: nothing.</summary>
    /// <param name="file">The file.</param>
    /// <param name="inputs">Its inputs, each with its elements a row at most.</param>
    public static string? Fault(byte[] file, IReadOnlyList<KeyValuePair<string, long>> inputs)
    {
        if (file.Length > MaxBytes)
            return $"it is larger than {MaxBytes >> 20} MiB";
        var found = new Found();
        try
        {
            return Model(file, found) ?? found.Memory(inputs);
        }
        catch (InvalidDataException)
        {
            return "it is no ONNX file";
        }
    }

    private static string? Model(ReadOnlySpan<byte> model, Found found)
    {
        string? fault = null;
        for (var fields = new ProtoFields(model); fault is null && Next(ref fields, Kind.Model, ref fault);)
        {
            fault = fields.Field switch
            {
                7 => Graph(fields.Bytes, found),
                25 => "it defines functions",
                _ => null,
            };
        }

        return fault;
    }

    private static string? Graph(ReadOnlySpan<byte> graph, Found found)
    {
        string? fault = null;
        for (var fields = new ProtoFields(graph); fault is null && Next(ref fields, Kind.Graph, ref fault);)
        {
            fault = fields.Field switch
            {
                1 => found.Nodes.Count == MaxNodes ? $"it has more than {MaxNodes} operators" : Node(fields.Bytes, found),
                5 => Tensor(fields.Bytes, found),
                15 => "it has sparse weights",
                _ => null,
            };
        }

        return fault;
    }

    private static string? Node(ReadOnlySpan<byte> node, Found found)
    {
        var (operation, inputs, outputs, attributes) = ("", new List<string>(), new List<string>(), new Dictionary<string, long[]>(StringComparer.Ordinal));
        string? fault = null;
        for (var fields = new ProtoFields(node); fault is null && Next(ref fields, Kind.Node, ref fault);)
        {
            switch (fields.Field)
            {
                case 1:
                    inputs.Add(fields.Text);
                    break;
                case 2:
                    outputs.Add(fields.Text);
                    break;
                case 4:
                    operation = fields.Text;
                    fault = Operators.Contains(operation) ? null : $"it has the operator '{operation}', which no network of this program has";
                    break;
                case 5:
                    fault = Attribute(fields.Bytes, attributes);
                    break;
                case 7:
                    fault = fields.Text is "" or "ai.onnx" ? null : "it has operators of another domain";
                    break;
            }
        }

        if (fault is null && outputs.Count != (operation == Quantize ? 3 : 1))
            return $"it has an operator with {outputs.Count} values";
        if (fault is null)
            found.Nodes.Add(new GuardedNode(operation, inputs, outputs, attributes));
        return fault;
    }

    private static string? Attribute(ReadOnlySpan<byte> attribute, Dictionary<string, long[]> attributes)
    {
        var (name, numbers) = ("", new List<long>());
        string? fault = null;
        for (var fields = new ProtoFields(attribute); fault is null && Next(ref fields, Kind.Attribute, ref fault);)
        {
            switch (fields.Field)
            {
                case 1:
                    name = fields.Text;
                    break;
                case AttributeNumber or AttributeNumbers:
                    numbers.Add(fields.Number);
                    break;
                case 5 or 10:
                    fault = "it has a weight within an operator";
                    break;
                case 6 or 11:
                    fault = "it has a graph within a graph";
                    break;
                case 22 or 23:
                    fault = "it has sparse weights";
                    break;
            }
        }

        attributes[name] = [.. numbers];
        return fault;
    }

    private static string? Tensor(ReadOnlySpan<byte> tensor, Found found)
    {
        var (name, sizes) = ("", new List<long>());
        var data = ReadOnlySpan<byte>.Empty;
        string? fault = null;
        for (var fields = new ProtoFields(tensor); fault is null && Next(ref fields, Kind.Tensor, ref fault);)
        {
            switch (fields.Field)
            {
                case TensorSizes:
                    sizes.Add(fields.Number);
                    break;
                case 8:
                    name = fields.Text;
                    break;
                case 9:
                    data = fields.Bytes;
                    break;
                case 13:
                    fault = "it has weights in another file";
                    break;
                case DataLocation:
                    fault = fields.Number == 0 ? null : "it has weights in another file";
                    break;
            }
        }

        if (fault is null && !found.Constants.TryAdd(name, GuardedTensor.Of(sizes, data)))
            return $"it has two weights of the name '{name}'";
        return fault;
    }

    /// <summary>
    /// Goes to the next field that is looked at. A field of another wire type than this program writes is passed over by ONNX's readers,
    /// or read as packed: neither is looked at here.
    /// </summary>
    private static bool Next(ref ProtoFields fields, Kind kind, ref string? fault)
    {
        while (fields.Next())
        {
            if (IsNumber(kind, fields.Field))
            {
                if (!fields.IsNumber)
                    fault = "it has numbers in a layout that this program does not write";
                return fields.IsNumber;
            }

            if (fields.HasLength)
                return true;
        }

        return false;
    }

    private static bool IsNumber(Kind kind, int field) => kind switch
    {
        Kind.Attribute => field is AttributeNumber or AttributeNumbers,
        Kind.Tensor => field is TensorSizes or DataLocation,
        _ => false,
    };

    private enum Kind
    {
        Model,
        Graph,
        Node,
        Attribute,
        Tensor,
    }

    /// <summary>What a file holds.</summary>
    private sealed class Found
    {
        public List<GuardedNode> Nodes { get; } = [];

        public Dictionary<string, GuardedTensor> Constants { get; } = new(StringComparer.Ordinal);

        public string? Memory(IReadOnlyList<KeyValuePair<string, long>> inputs)
        {
            foreach (var (name, constant) in Constants)
                if (constant.Sizes.Any(s => s < 0) || constant.Sizes.Aggregate(1.0, (product, size) => product * size) > constant.Bytes)
                    return $"the weight '{name}' is larger than its data";
            var shapes = new OnnxShapes(Constants);
            foreach (var (input, width) in inputs)
                shapes.Input(input, 1, width);
            foreach (var node in Nodes)
                if (!shapes.Add(node))
                    return $"the size of a value of its operator '{node.Operation}' cannot be told, or is too large";
            return null;
        }
    }
}
