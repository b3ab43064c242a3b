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
        var from = OnnxReader.Read(file);
        var names = new Dictionary<string, string>(StringComparer.Ordinal) { [input] = value };
        foreach (var (name, tensor) in from.Constants)
            names[name] = graph.Constant(tensor);
        foreach (var node in from.Nodes)
        {
            // An input that is left out has no name.
            string[] inputs = [.. node.Inputs.Select(i => i.Length == 0 ? "" : names.TryGetValue(i, out var known) ? known : throw new InvalidDataException($"Nothing makes '{i}'."))];
            string[] outputs = [.. node.Outputs.Select(o => names[o] = graph.NewName())];
            graph.Nodes.Add(node with { Inputs = inputs, Outputs = outputs });
        }

        return names.TryGetValue(output, out var found) ? found : throw new InvalidDataException($"The file has no output '{output}'.");
    }
}
