using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Ingest.Encodings;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>A delimited text file.</summary>
internal sealed class CsvFile : ITableFile
{
    private const int SmallSample = 1 << 16;
    private const int LargeSample = 1 << 21;
    private const int EnoughLines = 20;

    private readonly string _path;
    private readonly TextEncoding _encoding;
    private readonly CsvDialect _dialect;
    private readonly bool _hasHeader;

    private CsvFile(string path, TextEncoding encoding, CsvDialect dialect, bool hasHeader, ImmutableArray<string> names)
    {
        _path = path;
        _encoding = encoding;
        _dialect = dialect;
        _hasHeader = hasHeader;
        ColumnNames = names;
    }

    /// <inheritdoc/>
    public string Format => "csv";

    /// <inheritdoc/>
    public ImmutableArray<string> ColumnNames { get; }

    /// <inheritdoc/>
    public ImmutableArray<string> Notes
    {
        get
        {
            var notes = ImmutableArray.CreateBuilder<string>();
            if (_encoding.Guessed)
                notes.Add($"The file is not UTF-8; it is read as {_encoding.Encoding.WebName}. If letters look wrong, name the encoding.");
            if (!_hasHeader)
                notes.Add("The first line looks like values, not names; the columns are named column_1, column_2 and so on.");
            return notes.ToImmutable();
        }
    }

    /// <summary>Finds the dialect and the columns.</summary>
    /// <exception cref="DataFormatException">The file holds no record.</exception>
    public static CsvFile Open(string path, TextEncoding encoding, ReadOptions options)
    {
        if (options.Separator is { } named && (!char.IsAscii(named) || named is '\r' or '\n' or '\0' or '"'))
            throw new DataFormatException("The separator must be one ASCII character, and no quote or line end.");
        var (sample, whole) = Sample(path, encoding);
        var dialect = CsvDialectSniffer.Sniff(sample, whole, (byte?)options.Separator);
        var hasHeader = CsvHeader.IsThere(sample, dialect);
        using var records = Tokenize(path, encoding, dialect);
        if (!records.Read())
            throw new DataFormatException("The file is empty; it must hold a line of column names and the rows below it.");
        if (records.Error is { } error)
            throw new DataFormatException(string.Create(
                CultureInfo.InvariantCulture, $"The columns' names cannot be read from line {records.Line}: {error}."));
        var names = hasHeader ? CsvHeader.Names(records) : CsvHeader.Places(records.FieldCount);
        return new CsvFile(path, encoding, dialect, hasHeader, names);
    }

    /// <inheritdoc/>
    public RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation)
    {
        var fields = new int[columns.Length];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = ColumnNames.IndexOf(columns[i]);
        var records = Tokenize(_path, _encoding, _dialect);
        if (_hasHeader)
            records.Read();
        return new CsvRecordReader(records, fields, ColumnNames.Length, cancellation);
    }

    /// <summary>
    /// The file as rows for a stored schema: whether the first line is a header is told by the schema's names alone,
    /// never by what looks like a number.
    /// </summary>
    /// <exception cref="DataFormatException">The file has none of the columns.</exception>
    public CsvFile For(ImmutableArray<ColumnSpec> columns)
    {
        using var records = Tokenize(_path, _encoding, _dialect);
        if (!records.Read() || records.Error is not null)
            return this;
        var wanted = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var first = CsvHeader.Names(records);
        if (first.Any(wanted.Contains))
            return new CsvFile(_path, _encoding, _dialect, hasHeader: true, first);
        var places = CsvHeader.Places(records.FieldCount);
        if (places.Any(wanted.Contains))
            return new CsvFile(_path, _encoding, _dialect, hasHeader: false, places);
        if (records.FieldCount == columns.Length && Fits(records, columns))
            return new CsvFile(_path, _encoding, _dialect, hasHeader: false, [.. columns.Select(c => c.Name)]);
        throw NoColumns.Error(columns, first);
    }

    // A headerless file of the right width is taken by place when its first line could be a row.
    private static bool Fits(CsvTokenizer record, ImmutableArray<ColumnSpec> columns)
    {
        for (var i = 0; i < columns.Length; i++)
            if (Cell.Text(record[i]).ToNumber(columns[i], out _) == Frames.BindResult.Invalid
                && columns[i].Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime)
                return false;
        return columns.Any(c => c.Kind is ColumnKind.Numeric or ColumnKind.Boolean or ColumnKind.DateTime);
    }

    private static CsvTokenizer Tokenize(string path, TextEncoding encoding, CsvDialect dialect) =>
        new(encoding.OpenUtf8(path), dialect, validate: encoding.IsUtf8 && !encoding.Valid);

    // Small as a rule; larger for wide tables, which need some lines too.
    private static (byte[] Sample, bool Whole) Sample(string path, TextEncoding encoding)
    {
        using var stream = encoding.OpenUtf8(path);
        var sample = new byte[SmallSample];
        var length = stream.ReadAtLeast(sample, SmallSample, throwOnEndOfStream: false);
        if (length == SmallSample && sample.AsSpan().Count((byte)'\n') < EnoughLines)
        {
            Array.Resize(ref sample, LargeSample);
            length += stream.ReadAtLeast(sample.AsSpan(SmallSample), LargeSample - SmallSample, throwOnEndOfStream: false);
        }

        return (sample[..length], length < sample.Length);
    }
}
