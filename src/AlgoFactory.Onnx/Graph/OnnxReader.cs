using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// Reads a file that <see cref="OnnxFile"/> wrote, to change it or to put it into another graph. It is for files that
/// <see cref="OnnxGuard"/> finds no fault with; of users' files <see cref="OnnxOutline"/> tells what they hold.
/// </summary>
public static class OnnxReader
{
    /// <summary>Reads the file. O(bytes); weights are copied once.</summary>
    /// <exception cref="InvalidDataException">It is no file of this program.</exception>
    public static OnnxGraph Read(ReadOnlySpan<byte> file)
    {
        OnnxGraph? graph = null;
        for (var fields = new ProtoFields(file); fields.Next();)
            if (fields.Field == 7)
                graph = Graph(fields.Bytes);
        return graph ?? throw new InvalidDataException("The ONNX file has no graph.");
    }

    private static OnnxGraph Graph(ReadOnlySpan<byte> message)
    {
        var graph = new OnnxGraph("");
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    graph.Nodes.Add(Node(fields.Bytes));
                    break;
                case 2:
                    graph.Name = fields.Text;
                    break;
                case 5:
                    graph.Constants.Add(Tensor(fields.Bytes));
                    break;
                case 11:
                    graph.Inputs.Add(Slot(fields.Bytes));
                    break;
                case 12:
                    graph.Outputs.Add(Slot(fields.Bytes));
                    break;
            }
        }

        foreach (var taken in graph.Nodes.SelectMany(n => n.Outputs).Concat(graph.Constants.Select(c => c.Name)).Concat(graph.Inputs.Select(i => i.Name)))
            graph.Take(taken);
        return graph;
    }

    private static OnnxGraph.Node Node(ReadOnlySpan<byte> message)
    {
        var (inputs, outputs, attributes, operation, domain) = (new List<string>(), new List<string>(), new List<OnnxAttribute>(), "", "");
        for (var fields = new ProtoFields(message); fields.Next();)
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
                    break;
                case 5:
                    attributes.Add(Attribute(fields.Bytes));
                    break;
                case 7:
                    domain = fields.Text;
                    break;
            }
        }

        return outputs.Count > 0 ? new OnnxGraph.Node(domain, operation, [.. inputs], [.. outputs], [.. attributes]) : throw new InvalidDataException("An operator of the ONNX file has no value.");
    }

    private static OnnxAttribute Attribute(ReadOnlySpan<byte> message)
    {
        var (name, type, number, whole, text, tensor) = ("", 0L, 0f, 0L, "", (OnnxTensor?)null);
        var (numbers, wholes, texts) = (new List<float>(), new List<long>(), new List<string>());
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    name = fields.Text;
                    break;
                case 2:
                    number = Floats(fields.Bytes)[0];
                    break;
                case 3:
                    whole = fields.Number;
                    break;
                case 4:
                    text = fields.Text;
                    break;
                case 5:
                    tensor = Tensor(fields.Bytes).Tensor;
                    break;
                case 7:
                    numbers.AddRange(Floats(fields.Bytes));
                    break;
                case 8:
                    fields.AddTo(wholes, int.MaxValue);
                    break;
                case 9:
                    texts.Add(fields.Text);
                    break;
                case 20:
                    type = fields.Number;
                    break;
            }
        }

        return type switch
        {
            1 => OnnxAttribute.Of(name, number),
            2 => OnnxAttribute.Of(name, whole),
            3 => OnnxAttribute.Of(name, text),
            4 when tensor is not null => OnnxAttribute.Of(name, tensor),
            6 => OnnxAttribute.Of(name, [.. numbers]),
            7 => OnnxAttribute.Of(name, [.. wholes]),
            8 => OnnxAttribute.Of(name, ImmutableArray.CreateRange(texts)),
            _ => throw new InvalidDataException($"The attribute '{name}' of the ONNX file is of a type that no network of this program has."),
        };
    }

    private static (string Name, OnnxTensor Tensor) Tensor(ReadOnlySpan<byte> message)
    {
        var (name, type, sizes, data) = ("", 0L, new List<long>(), Array.Empty<byte>());
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    fields.AddTo(sizes, int.MaxValue);
                    break;
                case 2:
                    type = fields.Number;
                    break;
                case 8:
                    name = fields.Text;
                    break;
                case 9:
                    data = fields.Bytes.ToArray();
                    break;
            }
        }

        return (name, OnnxTensor.OfBytes((ElementType)type, [.. sizes], data));
    }

    private static OnnxGraph.Slot Slot(ReadOnlySpan<byte> message)
    {
        var value = OnnxOutline.ReadValue(message);
        return new OnnxGraph.Slot(value.Name, (ElementType)value.Type, value.Shape ?? []);
    }

    private static ReadOnlySpan<float> Floats(ReadOnlySpan<byte> bytes) =>
        bytes.Length > 0 && bytes.Length % sizeof(float) == 0 ? MemoryMarshal.Cast<byte, float>(bytes) : throw new InvalidDataException("A number of the ONNX file is cut off.");
}
