using System.Collections.Immutable;
using Google.Protobuf;

namespace AlgoFactory.Onnx.Graph;

/// <summary>Writes a graph as an ONNX model file. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).</summary>
public static class OnnxFile
{
    /// <summary>The version of the file's own format; 10 goes with <see cref="OnnxGraph.OpsetVersion"/>.</summary>
    private const long IrVersion = 10;

    /// <summary>Writes the file.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="producer">Who made it.</param>
    /// <param name="version">The producer's version.</param>
    /// <param name="metadata">Further texts by name.</param>
    /// <param name="to">Where to.</param>
    public static void Write(OnnxGraph graph, string producer, string version, IEnumerable<KeyValuePair<string, string>> metadata, Stream to)
    {
        using var output = new CodedOutputStream(to, leaveOpen: true);
        Field(output, 1, IrVersion);
        Field(output, 2, producer);
        Field(output, 3, version);
        Field(output, 7, Message(o => Graph(o, graph)));
        Field(output, 8, Message(o => Opset(o, "", OnnxGraph.OpsetVersion)));
        Field(output, 8, Message(o => Opset(o, "ai.onnx.ml", OnnxGraph.MlOpsetVersion)));
        foreach (var (key, value) in metadata)
            Field(output, 14, Message(o =>
            {
                Field(o, 1, key);
                Field(o, 2, value);
            }));
    }

    private static void Opset(CodedOutputStream to, string domain, long version)
    {
        Field(to, 1, domain);
        Field(to, 2, version);
    }

    private static void Graph(CodedOutputStream to, OnnxGraph graph)
    {
        foreach (var node in graph.Nodes)
            Field(to, 1, Message(o => Node(o, node)));
        Field(to, 2, graph.Name);
        foreach (var (name, tensor) in graph.Constants)
            Field(to, 5, Message(o => Tensor(o, name, tensor)));
        foreach (var input in graph.Inputs)
            Field(to, 11, Message(o => Slot(o, input)));
        foreach (var output in graph.Outputs)
            Field(to, 12, Message(o => Slot(o, output)));
    }

    private static void Node(CodedOutputStream to, OnnxGraph.Node node)
    {
        foreach (var input in node.Inputs)
            Field(to, 1, input);
        foreach (var output in node.Outputs)
            Field(to, 2, output);
        Field(to, 3, node.Outputs[0]);
        Field(to, 4, node.Operation);
        foreach (var attribute in node.Attributes)
            Field(to, 5, Message(o => Attribute(o, attribute)));
        Field(to, 7, node.Domain);
    }

    private static void Attribute(CodedOutputStream to, OnnxAttribute attribute)
    {
        Field(to, 1, attribute.Name);
        long type;
        switch (attribute.Value)
        {
            case float value:
                to.WriteTag(2, WireFormat.WireType.Fixed32);
                to.WriteFloat(value);
                type = 1;
                break;
            case long value:
                Field(to, 3, value);
                type = 2;
                break;
            case string value:
                Field(to, 4, value);
                type = 3;
                break;
            case OnnxTensor value:
                Field(to, 5, Message(o => Tensor(o, "", value)));
                type = 4;
                break;
            case ImmutableArray<float> values:
                foreach (var value in values)
                {
                    to.WriteTag(7, WireFormat.WireType.Fixed32);
                    to.WriteFloat(value);
                }

                type = 6;
                break;
            case ImmutableArray<long> values:
                foreach (var value in values)
                    Field(to, 8, value);
                type = 7;
                break;
            case ImmutableArray<string> values:
                foreach (var value in values)
                    Field(to, 9, value);
                type = 8;
                break;
            default:
                throw new InvalidOperationException($"The attribute {attribute.Name} is of no known type.");
        }

        Field(to, 20, type);
    }

    private static void Tensor(CodedOutputStream to, string name, OnnxTensor tensor)
    {
        foreach (var size in tensor.Shape)
            Field(to, 1, size);
        Field(to, 2, (long)tensor.Type);
        Field(to, 8, name);
        Field(to, 9, ByteString.CopyFrom(tensor.Data));
    }

    private static void Slot(CodedOutputStream to, OnnxGraph.Slot slot)
    {
        Field(to, 1, slot.Name);
        Field(to, 2, Message(type => Field(type, 1, Message(tensor =>
        {
            Field(tensor, 1, (long)slot.Type);
            Field(tensor, 2, Message(shape =>
            {
                for (var i = 0; i < slot.Shape.Length; i++)
                    Field(shape, 1, Size(slot.Shape[i], i == 0 ? "rows" : i == 1 ? "width" : $"size{i}"));
            }));
        }))));
    }

    private static ByteString Size(long size, string name) => Message(o =>
    {
        if (size == OnnxGraph.Free)
            Field(o, 2, name);
        else
            Field(o, 1, size);
    });

    private static ByteString Message(Action<CodedOutputStream> write)
    {
        using var memory = new MemoryStream();
        using (var output = new CodedOutputStream(memory, leaveOpen: true))
            write(output);
        return ByteString.CopyFrom(memory.GetBuffer().AsSpan(0, (int)memory.Length));
    }

    private static void Field(CodedOutputStream to, int number, long value)
    {
        to.WriteTag(number, WireFormat.WireType.Varint);
        to.WriteInt64(value);
    }

    private static void Field(CodedOutputStream to, int number, string value)
    {
        to.WriteTag(number, WireFormat.WireType.LengthDelimited);
        to.WriteString(value);
    }

    private static void Field(CodedOutputStream to, int number, ByteString value)
    {
        to.WriteTag(number, WireFormat.WireType.LengthDelimited);
        to.WriteBytes(value);
    }
}
