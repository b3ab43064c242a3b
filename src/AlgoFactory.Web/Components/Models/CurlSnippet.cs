using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace AlgoFactory.Web.Components.Models;

/// <summary>A command that predicts one typical row, ready to paste into a shell.</summary>
internal static class CurlSnippet
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="server">The service's address, such as <c>http://127.0.0.1:5080</c>.</param>
    /// <param name="path">The prediction's path.</param>
    /// <param name="fields">The model's fields.</param>
    public static string Make(string server, string path, ImmutableArray<TryField> fields)
    {
        var row = fields.Select(f => $"{JsonSerializer.Serialize(f.Name, Json)}: {JsonSerializer.Serialize(f.TypicalValue, Json)}");
        var body = $$"""{"rows": [{{{string.Join(", ", row)}}}]}""";
        return Post(server, path, body);
    }

    /// <summary>A command that recommends to one user.</summary>
    public static string Recommend(string server, string path, string user, int n) =>
        Post(server, path, $$"""{"users": [{{JsonSerializer.Serialize(user, Json)}}], "n": {{n.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}""");

    private static string Post(string server, string path, string body) =>
        $"curl {server}{path} \\\n  -H \"Authorization: Bearer $ALGOFACTORY_KEY\" \\\n  -H \"Content-Type: application/json\" \\\n  -d {Quote(body)}";

    /// <summary>A text as one word of a POSIX shell.</summary>
    internal static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
