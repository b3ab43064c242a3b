using System.Text;

namespace AlgoFactory.Onnx.Graph;

/// <summary>
/// Takes the ZipMaps off a graph's end, with which scikit-learn's exporter turns probabilities into dictionaries: the tensor that
/// each reads becomes the output.
/// </summary>
public static class OnnxZipMaps
{
    private const string Name = "ZipMap";

    /// <summary>The file without ZipMaps: the same when it has none at its end.</summary>
    /// <param name="file">The file.</param>
    /// <param name="outline">Its outline.</param>
    /// <param name="labels">The classes that the first of them names; empty: none.</param>
    public static byte[] Remove(byte[] file, OnnxOutline outline, out string[] labels)
    {
        var ends = outline.Operators
            .Where(o => o is { Name: Name, Inputs.Length: 1, Outputs.Length: 1 } && outline.Outputs.Any(v => v.Name == o.Outputs[0]))
            .ToDictionary(o => o.Outputs[0], StringComparer.Ordinal);
        labels = ends.Count == 0 ? [] : [.. ends.Values.First().Labels];
        if (ends.Count == 0)
            return file;
        var rewritten = new MemoryStream(file.Length);
        for (var fields = new ProtoFields(file); fields.Next();)
        {
            if (fields.Field == 7)
                ProtoFields.Write(rewritten, 7, Graph(fields.Bytes, ends, outline));
            else
                rewritten.Write(fields.Raw);
        }

        return rewritten.ToArray();
    }

    private static ReadOnlySpan<byte> Graph(ReadOnlySpan<byte> graph, Dictionary<string, OnnxOperator> ends, OnnxOutline outline)
    {
        var rewritten = new MemoryStream(graph.Length);
        for (var fields = new ProtoFields(graph); fields.Next();)
        {
            if (fields.Field == 1 && IsEnd(fields.Bytes, ends))
                continue;
            if (fields.Field == 12 && ends.TryGetValue(First(fields.Bytes, 1), out var end))
            {
                // The same tensor may be an output already.
                if (outline.Outputs.All(o => o.Name != end.Inputs[0]))
                    ProtoFields.Write(rewritten, 12, Output(end.Inputs[0]));
                continue;
            }

            rewritten.Write(fields.Raw);
        }

        return rewritten.GetBuffer().AsSpan(0, (int)rewritten.Length);
    }

    private static bool IsEnd(ReadOnlySpan<byte> node, Dictionary<string, OnnxOperator> ends) =>
        First(node, 4) == Name && ends.ContainsKey(First(node, 2));

    /// <summary>A float tensor whose shape the runtime finds out.</summary>
    private static ReadOnlySpan<byte> Output(string name)
    {
        var value = new MemoryStream();
        ProtoFields.Write(value, 1, Encoding.UTF8.GetBytes(name));
        ProtoFields.Write(value, 2, [1 << 3 | 2, 2, 1 << 3, (byte)ElementType.Float]);
        return value.ToArray();
    }

    private static string First(ReadOnlySpan<byte> message, int field)
    {
        for (var fields = new ProtoFields(message); fields.Next();)
            if (fields.Field == field)
                return Encoding.UTF8.GetString(fields.Bytes);
        return "";
    }
}
