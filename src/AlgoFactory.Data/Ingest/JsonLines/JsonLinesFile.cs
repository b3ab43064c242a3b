using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Ingest.Delimited;
using AlgoFactory.Data.Ingest.Encodings;

namespace AlgoFactory.Data.Ingest.JsonLines;

/// <summary>A file with one JSON object a line (jsonlines.org). The columns are the objects' keys.</summary>
internal sealed class JsonLinesFile : ITableFile
{
    // Keys that first come later are no columns: opening a file must not cost a pass over all of it.
    private const int LinesForKeys = 10_000;

    private readonly string _path;
    private readonly TextEncoding _encoding;

    private JsonLinesFile(string path, TextEncoding encoding, ImmutableArray<string> names)
    {
        _path = path;
        _encoding = encoding;
        ColumnNames = names;
    }

    /// <inheritdoc/>
    public string Format => "jsonl";

    /// <inheritdoc/>
    public ImmutableArray<string> ColumnNames { get; }

    /// <inheritdoc/>
    public ImmutableArray<string> Notes => [];

    /// <summary>Whether text begins as a JSON object does.</summary>
    public static bool IsThere(ReadOnlySpan<byte> text) => text.TrimStart(" \t\r\n"u8) is [(byte)'{', .. var rest]
        && rest.TrimStart(" \t\r\n"u8) is [(byte)'"' or (byte)'}', ..];

    /// <summary>Finds the columns: the keys of the first lines, in order of appearance.</summary>
    /// <exception cref="DataFormatException">No line is a JSON object with a key.</exception>
    public static JsonLinesFile Open(string path, TextEncoding encoding)
    {
        var keys = new JsonKeys();
        string? error = null;
        using (var reader = new JsonLinesRecordReader(Lines(path, encoding), keys, grow: true, CancellationToken.None))
        {
            for (var i = 0; i < LinesForKeys && reader.Read(); i++)
                error ??= reader.Error is { } wrong ? string.Create(CultureInfo.InvariantCulture, $"line {reader.Line}: {wrong}") : null;
        }

        if (keys.Count == 0)
            throw new DataFormatException($"The file holds no JSON object with a key ({error ?? "no line"}); JSON Lines has one object on each line.");
        if (keys.Count > CsvHeader.MostColumns)
            throw new DataFormatException($"The objects have {keys.Count} keys; a table may have {CsvHeader.MostColumns} columns at most.");
        return new JsonLinesFile(path, encoding, keys.ToNames());
    }

    /// <inheritdoc/>
    public RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation) =>
        new JsonLinesRecordReader(Lines(_path, _encoding), new JsonKeys(columns), grow: false, cancellation);

    // A record without quotes is a line; it has no zero byte to separate fields either, or is refused for it.
    private static CsvTokenizer Lines(string path, TextEncoding encoding) =>
        new(encoding.OpenUtf8(path), new CsvDialect(0, 0, 0), validate: encoding.IsUtf8 && !encoding.Valid);
}
