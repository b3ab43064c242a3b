using System.Collections.Frozen;
using Google.Protobuf;

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

    private const string SkipField = "\0";

    /// <summary>The only operator of several values: bytes, their scale, their zero.</summary>
    private const string Quantize = "DynamicQuantizeLinear";

    private static readonly FrozenSet<string> Operators = FrozenSet.ToFrozenSet(
    [
        "Add", "AveragePool", "Cast", "Clip", "Conv", Quantize, "Gather", "Gelu", "Gemm", "GlobalAveragePool", "Identity", "LayerNormalization",
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
            return Fields(file, Kind.Model, (field, from) => field switch
            {
                7 => Graph(from.ReadBytes(), found),
                25 => "it defines functions",
                _ => Skip(from),
            }) ?? found.Memory(inputs);
        }
        catch (InvalidProtocolBufferException)
        {
            return "it is no ONNX file";
        }
    }

    private static string? Graph(ByteString graph, Found found) => Fields(graph.ToByteArray(), Kind.Graph, (field, from) => field switch
    {
        1 => found.Nodes.Count == MaxNodes ? $"it has more than {MaxNodes} operators" : Node(from.ReadBytes(), found),
        5 => Tensor(from.ReadBytes(), found),
        15 => "it has sparse weights",
        _ => Skip(from),
    });

    private static string? Node(ByteString node, Found found)
    {
        var (operation, inputs, outputs, attributes) = ("", new List<string>(), new List<string>(), new Dictionary<string, long[]>(StringComparer.Ordinal));
        var fault = Fields(node.ToByteArray(), Kind.Node, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    inputs.Add(from.ReadString());
                    return null;
                case 2:
                    outputs.Add(from.ReadString());
                    return null;
                case 4:
                    operation = from.ReadString();
                    return Operators.Contains(operation) ? null : $"it has the operator '{operation}', which no network of this program has";
                case 5:
                    return Attribute(from.ReadBytes(), attributes);
                case 7:
                    return from.ReadString() is "" or "ai.onnx" ? null : "it has operators of another domain";
                default:
                    return Skip(from);
            }
        });
        if (fault is null && outputs.Count != (operation == Quantize ? 3 : 1))
            return $"it has an operator with {outputs.Count} values";
        if (fault is null)
            found.Nodes.Add(new GuardedNode(operation, inputs, outputs, attributes));
        return fault;
    }

    private static string? Attribute(ByteString attribute, Dictionary<string, long[]> attributes)
    {
        var (name, numbers) = ("", new List<long>());
        var fault = Fields(attribute.ToByteArray(), Kind.Attribute, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    name = from.ReadString();
                    return null;
                case AttributeNumber or AttributeNumbers:
                    numbers.Add(from.ReadInt64());
                    return null;
                case 5 or 10:
                    return "it has a weight within an operator";
                case 6 or 11:
                    return "it has a graph within a graph";
                case 22 or 23:
                    return "it has sparse weights";
                default:
                    return Skip(from);
            }
        });
        attributes[name] = [.. numbers];
        return fault;
    }

    private static string? Tensor(ByteString tensor, Found found)
    {
        var (name, sizes, data) = ("", new List<long>(), ByteString.Empty);
        var fault = Fields(tensor.ToByteArray(), Kind.Tensor, (field, from) =>
        {
            switch (field)
            {
                case TensorSizes:
                    sizes.Add(from.ReadInt64());
                    return null;
                case 8:
                    name = from.ReadString();
                    return null;
                case 9:
                    data = from.ReadBytes();
                    return null;
                case 13:
                    return "it has weights in another file";
                case DataLocation:
                    return from.ReadInt32() == 0 ? null : "it has weights in another file";
                default:
                    return Skip(from);
            }
        });
        if (fault is null && !found.Constants.TryAdd(name, new GuardedTensor([.. sizes], data.Memory)))
            return $"it has two weights of the name '{name}'";
        return fault;
    }

    /// <summary>The first fault of a message's fields.</summary>
    private static string? Fields(byte[] message, Kind kind, Func<int, CodedInputStream, string?> look)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            // A field of another wire type than this program writes is passed over by ONNX's readers, or read as packed: neither is looked at here.
            var field = WireFormat.GetTagFieldNumber(tag);
            var expected = IsNumber(kind, field) ? WireFormat.WireType.Varint : WireFormat.WireType.LengthDelimited;
            if (WireFormat.GetTagWireType(tag) != expected)
            {
                if (IsNumber(kind, field))
                    return "it has numbers in a layout that this program does not write";
                input.SkipLastField();
                continue;
            }

            var fault = look(field, input);
            if (fault == SkipField)
                input.SkipLastField();
            else if (fault is not null)
                return fault;
        }

        return null;
    }

    private static bool IsNumber(Kind kind, int field) => kind switch
    {
        Kind.Attribute => field is AttributeNumber or AttributeNumbers,
        Kind.Tensor => field is TensorSizes or DataLocation,
        _ => false,
    };

    private static string Skip(CodedInputStream _) => SkipField;

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
                if (constant.Sizes.Any(s => s < 0) || constant.Sizes.Aggregate(1.0, (product, size) => product * size) > constant.Data.Length)
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
