using System.Globalization;
using System.Text.Unicode;

namespace AlgoFactory.Data.Ingest.Delimited;

/// <summary>
/// Splits a stream of UTF-8 into records and fields, without allocating per record. A record that is broken (an
/// unclosed quote, text after a closing quote, zero bytes, invalid UTF-8) ends at its first line and is reported in
/// <see cref="Error"/>; reading goes on with the next line, so that one stray quote cannot swallow the rest of a file.
/// Empty lines are passed over.
/// </summary>
internal sealed class CsvTokenizer : IDisposable
{
    /// <summary>The longest record, in bytes.</summary>
    public const int LongestRecord = 1 << 24;

    private readonly Stream _utf8;
    private readonly CsvDialect _dialect;
    private readonly bool _validate;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private bool _endOfStream;
    private Field[] _fields = new Field[16];
    private int _rawEnd;
    private long _lines;

    /// <summary>Takes ownership of the stream.</summary>
    /// <param name="utf8">UTF-8 without byte-order mark.</param>
    /// <param name="dialect">How it is written.</param>
    /// <param name="validate">Whether records must be checked to be valid UTF-8.</param>
    /// <param name="bufferSize">Bytes read at once, to begin with.</param>
    public CsvTokenizer(Stream utf8, CsvDialect dialect, bool validate, int bufferSize = 1 << 18)
    {
        _utf8 = utf8;
        _dialect = dialect;
        _validate = validate;
        _buffer = new byte[bufferSize];
    }

    private enum Outcome
    {
        Record,
        Blank,
        NeedMore,
    }

    /// <summary>The line (1 = first) on which the current record begins.</summary>
    public long Line { get; private set; }

    /// <summary>Why the current record cannot be read, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Fields of the current record; 0 when it is broken.</summary>
    public int FieldCount { get; private set; }

    /// <summary>The current record as it stands in the file, without its line end (quotes may have been resolved).</summary>
    public ReadOnlySpan<byte> Raw => _buffer.AsSpan(RecordStart, _rawEnd - RecordStart);

    private int RecordStart { get; set; }

    /// <summary>Reads the next record; false at the end.</summary>
    /// <exception cref="DataFormatException">A line is longer than <see cref="LongestRecord"/>.</exception>
    public bool Read()
    {
        while (true)
        {
            if (_start == _end && _endOfStream)
                return false;
            switch (_start == _end ? Outcome.NeedMore : Scan())
            {
                case Outcome.Record:
                    return true;
                case Outcome.NeedMore:
                    Fill();
                    break;
            }
        }
    }

    /// <summary>A field's bytes, quotes resolved; valid until the next <see cref="Read"/>.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            ref var field = ref _fields[index];
            if (field.Escaped)
                Unescape(ref field);
            return _buffer.AsSpan(field.Start, field.End - field.Start);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _utf8.Dispose();

    private Outcome Scan()
    {
        RecordStart = _start;
        Error = null;
        FieldCount = 0;
        var position = _start;
        while (true)
        {
            var outcome = _dialect.Quote != 0 && OpensQuote(position, out var opening)
                ? ScanQuoted(opening, out position, out var problem)
                : ScanPlain(ref position, out problem);
            if (outcome == Outcome.NeedMore)
                return TooLong() ? BreakLongRecord() : outcome;
            if (problem is not null)
                return Break(problem);
            if (position < _end && _buffer[position] == _dialect.Separator)
            {
                position++;
                if (position == _end && !_endOfStream)
                    return Outcome.NeedMore;
                continue;
            }

            return EndRecord(position);
        }
    }

    private bool OpensQuote(int position, out int opening)
    {
        opening = position;
        while (opening < _end && _buffer[opening] == ' ')
            opening++;
        return opening < _end && _buffer[opening] == _dialect.Quote;
    }

    private Outcome ScanPlain(ref int position, out string? problem)
    {
        problem = null;
        var length = _buffer.AsSpan(position, _end - position).IndexOfAny(_dialect.Separator, (byte)'\n', (byte)'\r');
        if (length < 0)
        {
            if (!_endOfStream)
                return Outcome.NeedMore;
            length = _end - position;
        }

        Add(position, position + length, escaped: false);
        position += length;
        return position + 1 >= _end && !_endOfStream ? Outcome.NeedMore : Outcome.Record;
    }

    private Outcome ScanQuoted(int opening, out int position, out string? problem)
    {
        problem = null;
        position = opening + 1;
        var escaped = false;
        while (true)
        {
            var found = _buffer.AsSpan(position, _end - position).IndexOfAny(_dialect.Quote, _dialect.Escape);
            if (found < 0)
            {
                if (!_endOfStream)
                    return Outcome.NeedMore;
                problem = "a quote is opened and never closed";
                return Outcome.Record;
            }

            position += found;
            // What the character means depends on the one after it.
            if (position + 1 >= _end && !_endOfStream)
                return Outcome.NeedMore;
            var isPair = _dialect.Escape == _dialect.Quote
                ? position + 1 < _end && _buffer[position + 1] == _dialect.Quote
                : _buffer[position] == _dialect.Escape;
            if (!isPair)
                break;
            escaped = true;
            position = Math.Min(position + 2, _end);
        }

        Add(opening + 1, position, escaped);
        position++;
        while (position < _end && _buffer[position] == ' ' && _dialect.Separator != ' ')
            position++;
        if (position + 1 >= _end && !_endOfStream)
            return Outcome.NeedMore;
        if (position < _end && _buffer[position] != _dialect.Separator && _buffer[position] is not ((byte)'\n' or (byte)'\r'))
            problem = "text follows a closing quote";
        return Outcome.Record;
    }

    private void Add(int start, int end, bool escaped)
    {
        if (FieldCount == _fields.Length)
            Array.Resize(ref _fields, FieldCount * 2);
        _fields[FieldCount++] = new Field(start, end, escaped);
    }

    private Outcome EndRecord(int position)
    {
        _rawEnd = position;
        Line = _lines + 1;
        var raw = Raw;
        _lines += raw.Count((byte)'\n');
        PassLineEnd(position);
        if (raw.IndexOfAnyExcept((byte)' ') < 0)
            return Outcome.Blank;
        if (raw.Contains((byte)0))
            Error = "it holds a zero byte";
        else if (_validate && !Utf8.IsValid(raw))
            Error = "it is not valid UTF-8";
        if (Error is not null)
            FieldCount = 0;
        return Outcome.Record;
    }

    private Outcome Break(string problem)
    {
        var length = _buffer.AsSpan(RecordStart, _end - RecordStart).IndexOfAny((byte)'\n', (byte)'\r');
        var position = length < 0 ? _end : RecordStart + length;
        if (position + 1 >= _end && !_endOfStream)
            return Outcome.NeedMore;
        _rawEnd = position;
        Line = _lines + 1;
        PassLineEnd(position);
        Error = problem;
        FieldCount = 0;
        return Outcome.Record;
    }

    private void PassLineEnd(int position)
    {
        if (position < _end)
        {
            _lines++;
            if (_buffer[position] == '\r' && position + 1 < _end && _buffer[position + 1] == '\n')
                position++;
            position++;
        }

        _start = position;
    }

    private bool TooLong() => _end - _start >= LongestRecord;

    private Outcome BreakLongRecord()
    {
        if (_buffer.AsSpan(_start, _end - _start - 1).IndexOfAny((byte)'\n', (byte)'\r') >= 0)
            return Break($"it does not end within {LongestRecord >> 20} MiB; a quote may not be closed");
        throw new DataFormatException(string.Create(
            CultureInfo.InvariantCulture,
            $"Line {_lines + 1} is longer than {LongestRecord >> 20} MiB; check that the file is a table with line ends."));
    }

    private void Fill()
    {
        var length = _end - _start;
        if (_start > 0 && length > 0)
            _buffer.AsSpan(_start, length).CopyTo(_buffer);
        _start = 0;
        _end = length;
        if (length == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        // Filled to the brim: a long record is scanned anew after each fill, and must not be for every few bytes.
        var room = _buffer.Length - _end;
        var read = _utf8.ReadAtLeast(_buffer.AsSpan(_end, room), room, throwOnEndOfStream: false);
        _end += read;
        _endOfStream = read < room;
    }

    private void Unescape(ref Field field)
    {
        var to = field.Start;
        for (var from = field.Start; from < field.End; from++)
        {
            if (_buffer[from] == _dialect.Escape && from + 1 < field.End)
                from++;
            _buffer[to++] = _buffer[from];
        }

        field = new Field(field.Start, to, false);
    }

    private readonly record struct Field(int Start, int End, bool Escaped);
}
