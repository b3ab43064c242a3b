using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// Rows that are sent as a form, which is how browsers and curl send image files: a part a value, named as its column; the second part of a name
/// belongs to the second row, and so on. A file is an image; other parts are texts as they would stand in CSV.
/// </summary>
internal static class FormRows
{
    private const int MaxBoundary = 200;

    /// <summary>Whether the request's body is such a form.</summary>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith(PlainProtocol.Form, StringComparison.OrdinalIgnoreCase);

    /// <summary>The form's rows as CSV, images in base64.</summary>
    /// <exception cref="RefusedException">The body is no such form, or its columns have different numbers of values.</exception>
    public static ReadOnlyMemory<byte> ToCsv(HttpRequest request, ReadOnlySequence<byte> body)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > MaxBoundary)
            throw RefusedException.Invalid("The form has no boundary; let the client that makes the form set the content type.");
        var columns = Read(boundary, body);
        if (columns.Count == 0)
            throw RefusedException.Invalid("The form holds no value; send a part a column, named as the column.");
        var rows = columns[0].Values.Count;
        if (columns.Find(c => c.Values.Count != rows) is { Name: { } uneven, Values.Count: var count })
            throw RefusedException.Invalid($"The form has {rows} values of '{columns[0].Name}' and {count} of '{uneven}'; send as many of each as there are rows.");

        var csv = new ArrayBufferWriter<byte>();
        Write(csv, columns.Select(c => Encoding.UTF8.GetBytes(c.Name)));
        for (var row = 0; row < rows; row++)
            Write(csv, columns.Select(c => c.Values[row]));
        return csv.WrittenMemory;
    }

    private static List<(string Name, List<byte[]> Values)> Read(string boundary, ReadOnlySequence<byte> body)
    {
        var columns = new List<(string Name, List<byte[]> Values)>();
        var byName = new Dictionary<string, List<byte[]>>(StringComparer.Ordinal);
        // The body is in memory: no read waits.
        var reader = new MultipartReader(boundary, PipeReader.Create(body).AsStream());
        try
        {
            while (reader.ReadNextSectionAsync().GetAwaiter().GetResult() is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } disposition || HeaderUtilities.RemoveQuotes(disposition.Name).Value is not { Length: > 0 } name)
                    throw RefusedException.Invalid("A part of the form has no name; name each as its column.");
                using var value = new MemoryStream();
                section.Body.CopyTo(value);
                // A field of a browser's form where nobody chose a file has no file name either, and is a missing value.
                if (value.Length == 0 && HeaderUtilities.RemoveQuotes(disposition.FileName).Value is { Length: > 0 } file)
                    throw RefusedException.Invalid($"The file '{Short(file)}' that is sent as '{Short(name)}' is empty.");
                if (!byName.TryGetValue(name, out var values))
                    columns.Add((name, byName[name] = values = []));
                values.Add(disposition.IsFileDisposition() ? Encoding.ASCII.GetBytes(Convert.ToBase64String(value.GetBuffer(), 0, (int)value.Length)) : value.ToArray());
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw RefusedException.Invalid("The form is broken or ends before its last part does; send it again.");
        }

        return columns;
    }

    private static string Short(string text) => text.Length > 60 ? text[..60] + "…" : text;

    private static void Write(ArrayBufferWriter<byte> csv, IEnumerable<byte[]> values)
    {
        var first = true;
        foreach (var value in values)
        {
            csv.Write(first ? "\""u8 : ",\""u8);
            first = false;
            for (var rest = value.AsSpan(); ;)
            {
                var quote = rest.IndexOf((byte)'"');
                csv.Write(quote < 0 ? rest : rest[..(quote + 1)]);
                if (quote < 0)
                    break;
                csv.Write("\""u8);
                rest = rest[(quote + 1)..];
            }

            csv.Write("\""u8);
        }

        csv.Write("\n"u8);
    }
}
