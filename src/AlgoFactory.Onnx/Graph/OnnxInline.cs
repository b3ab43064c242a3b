using System.Text;

namespace AlgoFactory.Onnx.Graph;

/// <summary>Puts a graph that this program has written into another one.</summary>
public static class OnnxInline
{
    /// <summary>Adds a file's weights and operators to a graph and names the value of its output.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="file">A file of one input and one output, of <see cref="OnnxFile"/>.</param>
    /// <param name="input">The file's input.</param>
    /// <param name="value">The value that takes its place.</param>
    /// <param name="output">The file's output.</param>
    /// <exception cref="InvalidDataException">The file is none of this program's.</exception>
    public static string AddTo(OnnxGraph graph, ReadOnlySpan<byte> file, string input, string value, string output)
    {
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [input] = value };
        for (var fields = new ProtoFields(file); fields.Next();)
            if (fields.Field == 7)
                Graph(graph, fields.Bytes, names);
        return names.TryGetValue(output, out var found) ? found : throw new InvalidDataException($"The file has no output '{output}'.");
    }

    private static void Graph(OnnxGraph graph, ReadOnlySpan<byte> message, Dictionary<string, string> names)
    {
        // Weights stand behind the operators that read them.
        for (var fields = new ProtoFields(message); fields.Next();)
            if (fields.Field == 5)
                Weight(graph, fields.Bytes, names);
        for (var fields = new ProtoFields(message); fields.Next();)
            if (fields.Field == 1)
                Operator(graph, fields.Bytes, names);
    }

    private static void Weight(OnnxGraph graph, ReadOnlySpan<byte> message, Dictionary<string, string> names)
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
                    name = Encoding.UTF8.GetString(fields.Bytes);
                    break;
                case 9:
                    data = fields.Bytes.ToArray();
                    break;
            }
        }

        names.Add(name, graph.Constant(OnnxTensor.OfBytes((ElementType)type, [.. sizes], data)));
    }

    private static void Operator(OnnxGraph graph, ReadOnlySpan<byte> message, Dictionary<string, string> names)
    {
        var (domain, name, inputs, outputs, attributes) = ("", "", new List<string>(), new List<string>(), new List<OnnxAttribute>());
        for (var fields = new ProtoFields(message); fields.Next();)
        {
            switch (fields.Field)
            {
                case 1:
                    var read = Encoding.UTF8.GetString(fields.Bytes);
                    inputs.Add(read.Length == 0 ? "" : names.TryGetValue(read, out var known) ? known : throw new InvalidDataException($"Nothing makes '{read}'."));
                    break;
                case 2:
                    outputs.Add(names[Encoding.UTF8.GetString(fields.Bytes)] = graph.NewName());
                    break;
                case 4:
                    name = Encoding.UTF8.GetString(fields.Bytes);
                    break;
                case 5:
                    attributes.Add(OnnxAttribute.OfFile(fields.Bytes.ToArray()));
                    break;
                case 7:
                    domain = Encoding.UTF8.GetString(fields.Bytes);
                    break;
            }
        }

        graph.Nodes.Add(new OnnxGraph.Node(domain, name, [.. inputs], [.. outputs], [.. attributes]));
    }
}
