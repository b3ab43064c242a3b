using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace AlgoFactory.Data.Export;

/// <summary>Writes CSV.</summary>
internal sealed class CsvTableWriter : TableWriter
{
    private const int FlushAt = 1 << 16;
    private const int LongestNumber = 32;

    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    private readonly FileStream _file;
    private readonly ArrayBufferWriter<byte> _buffer = new(FlushAt * 2);
    private readonly Field[] _row;

    public CsvTableWriter(string path, ImmutableArray<OutputColumn> columns) : base(path, columns)
    {
        _file = new FileStream(TemporaryPath, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        _row = new Field[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            Separate(i);
            WriteText(columns[i].Name);
        }

        EndLine();
        _row.AsSpan().Fill(Field.Missing);
    }

    public override void SetText(int column, string? text) => _row[column] = new Field(text, double.NaN);

    public override void SetSingle(int column, float value) => _row[column] = new Field(null, value);

    public override void SetDouble(int column, double value) => _row[column] = new Field(null, value);

    public override void EndRow()
    {
        for (var i = 0; i < _row.Length; i++)
        {
            Separate(i);
            if (_row[i].Text is { } text)
                WriteText(text);
            else if (!double.IsNaN(_row[i].Number))
                WriteNumber(_row[i].Number, Columns[i].Kind);
        }

        EndLine();
        _row.AsSpan().Fill(Field.Missing);
        if (_buffer.WrittenCount >= FlushAt)
            Flush();
    }

    private protected override void Finish()
    {
        Flush();
        _file.Flush(flushToDisk: true);
        _file.Dispose();
    }

    private protected override void Release() => _file.Dispose();

    private void Separate(int column)
    {
        if (column > 0)
            _buffer.Write(","u8);
    }

    private void EndLine() => _buffer.Write("\n"u8);

    private void WriteNumber(double value, OutputKind kind)
    {
        var span = _buffer.GetSpan(LongestNumber);
        int written;
        if (kind == OutputKind.Single)
            ((float)value).TryFormat(span, out written, "R", CultureInfo.InvariantCulture);
        else
            value.TryFormat(span, out written, "R", CultureInfo.InvariantCulture);
        _buffer.Advance(written);
    }

    private void WriteText(string text)
    {
        // Quoted when empty too: so it differs from a missing value, and a row of it from an empty line.
        var quoted = text.Length == 0 || text[0] == ' ' || text[^1] == ' ' || text.AsSpan().ContainsAny(Special);
        if (!quoted)
        {
            Encoding.UTF8.GetBytes(text, _buffer);
            return;
        }

        _buffer.Write("\""u8);
        Encoding.UTF8.GetBytes(text.Replace("\"", "\"\"", StringComparison.Ordinal), _buffer);
        _buffer.Write("\""u8);
    }

    private void Flush()
    {
        _file.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private readonly record struct Field(string? Text, double Number)
    {
        public static Field Missing => new(null, double.NaN);
    }
}
