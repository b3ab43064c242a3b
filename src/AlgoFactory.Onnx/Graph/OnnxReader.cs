using System.Collections.Immutable;
using Google.Protobuf;

namespace AlgoFactory.Onnx.Graph;

/// <summary>Reads a file that <see cref="OnnxFile"/> wrote, to change it. It is for files that <see cref="OnnxGuard"/> finds no fault with.</summary>
public static class OnnxReader
{
    /// <summary>Reads the file.</summary>
    /// <exception cref="InvalidDataException">It is no file of this program.</exception>
    public static OnnxGraph Read(byte[] file)
    {
        try
        {
            OnnxGraph? graph = null;
            Fields(file, (field, from) =>
            {
                if (field == 7)
                    graph = Graph(from.ReadBytes().ToByteArray());
                else
                    from.SkipLastField();
            });
            return graph ?? throw new InvalidDataException("The ONNX file has no graph.");
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"It is no ONNX file: {e.Message}");
        }
    }

    private static OnnxGraph Graph(byte[] message)
    {
        var graph = new OnnxGraph("");
        Fields(message, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    graph.Nodes.Add(Node(from.ReadBytes().ToByteArray()));
                    break;
                case 2:
                    graph.Name = from.ReadString();
                    break;
                case 5:
                    graph.Constants.Add(Tensor(from.ReadBytes().ToByteArray()));
                    break;
                case 11:
                    graph.Inputs.Add(Slot(from.ReadBytes().ToByteArray()));
                    break;
                case 12:
                    graph.Outputs.Add(Slot(from.ReadBytes().ToByteArray()));
                    break;
                default:
                    from.SkipLastField();
                    break;
            }
        });
        foreach (var taken in graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.Constants.Select(c => c.Name)).Concat(graph.Inputs.Select(i => i.Name)))
            graph.Take(taken);
        return graph;
    }

    private static OnnxGraph.Node Node(byte[] message)
    {
        var (inputs, outputs, attributes, operation, domain) = (new List<string>(), new List<string>(), new List<OnnxAttribute>(), "", "");
        Fields(message, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    inputs.Add(from.ReadString());
                    break;
                case 2:
                    outputs.Add(from.ReadString());
                    break;
                case 4:
                    operation = from.ReadString();
                    break;
                case 5:
                    attributes.Add(Attribute(from.ReadBytes().ToByteArray()));
                    break;
                case 7:
                    domain = from.ReadString();
                    break;
                default:
                    from.SkipLastField();
                    break;
            }
        });
        return outputs.Count > 0 ? new OnnxGraph.Node(domain, operation, [.. inputs], [.. outputs], [.. attributes]) : throw new InvalidDataException("An operator of the ONNX file has no value.");
    }

    private static OnnxAttribute Attribute(byte[] message)
    {
        var (name, type, number, whole, text) = ("", 0L, 0f, 0L, "");
        var (numbers, wholes) = (ImmutableArray.CreateBuilder<float>(), ImmutableArray.CreateBuilder<long>());
        Fields(message, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    name = from.ReadString();
                    break;
                case 2:
                    number = from.ReadFloat();
                    break;
                case 3:
                    whole = from.ReadInt64();
                    break;
                case 4:
                    text = from.ReadString();
                    break;
                case 7:
                    numbers.Add(from.ReadFloat());
                    break;
                case 8:
                    wholes.Add(from.ReadInt64());
                    break;
                case 20:
                    type = from.ReadInt64();
                    break;
                default:
                    from.SkipLastField();
                    break;
            }
        });
        return type switch
        {
            1 => OnnxAttribute.Of(name, number),
            2 => OnnxAttribute.Of(name, whole),
            3 => OnnxAttribute.Of(name, text),
            6 => OnnxAttribute.Of(name, numbers.ToImmutable()),
            7 => OnnxAttribute.Of(name, wholes.ToImmutable()),
            _ => throw new InvalidDataException($"The attribute '{name}' of the ONNX file is of a type that no network of this program has."),
        };
    }

    private static (string Name, OnnxTensor Tensor) Tensor(byte[] message)
    {
        var (name, type, sizes, data) = ("", 0L, ImmutableArray.CreateBuilder<long>(), Array.Empty<byte>());
        Fields(message, (field, from) =>
        {
            switch (field)
            {
                case 1:
                    sizes.Add(from.ReadInt64());
                    break;
                case 2:
                    type = from.ReadInt64();
                    break;
                case 8:
                    name = from.ReadString();
                    break;
                case 9:
                    data = from.ReadBytes().ToByteArray();
                    break;
                default:
                    from.SkipLastField();
                    break;
            }
        });
        return (name, OnnxTensor.OfBytes((ElementType)type, sizes.ToImmutable(), data));
    }

    /// <summary>Name, and type 1 (a tensor): its elements' type 1, and of its shape 2 the dimensions 1, each with a size 1 or a name.</summary>
    private static OnnxGraph.Slot Slot(byte[] message)
    {
        var (name, type, sizes) = ("", ElementType.Float, ImmutableArray.CreateBuilder<long>());
        Fields(message, (field, from) =>
        {
            if (field == 1)
                name = from.ReadString();
            else if (field == 2)
                Fields(from.ReadBytes().ToByteArray(), (_, one) => Fields(one.ReadBytes().ToByteArray(), (part, tensor) =>
                {
                    if (part == 1)
                        type = (ElementType)tensor.ReadInt64();
                    else if (part == 2)
                        Fields(tensor.ReadBytes().ToByteArray(), (_, shape) => sizes.Add(Size(shape.ReadBytes().ToByteArray())));
                    else
                        tensor.SkipLastField();
                }));
            else
                from.SkipLastField();
        });
        return new OnnxGraph.Slot(name, type, sizes.ToImmutable());
    }

    private static long Size(byte[] message)
    {
        var size = OnnxGraph.Free;
        Fields(message, (field, from) =>
        {
            if (field == 1)
                size = from.ReadInt64();
            else
                from.SkipLastField();
        });
        return size;
    }

    private static void Fields(byte[] message, Action<int, CodedInputStream> read)
    {
        using var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
            read(WireFormat.GetTagFieldNumber(tag), input);
    }
}
