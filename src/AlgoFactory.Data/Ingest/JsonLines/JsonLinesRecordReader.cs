using System.Buffers;
using System.Text.Json;
using AlgoFactory.Data.Ingest.Delimited;

namespace AlgoFactory.Data.Ingest.JsonLines;

/// <summary>The objects of a JSON Lines file. A key that an object lacks, and null, are missing values.</summary>
internal sealed class JsonLinesRecordReader(CsvTokenizer lines, JsonKeys keys, bool grow, CancellationToken cancellation) : RecordReader
{
    private const int CancellationInterval = 1024;
    private const long LargestExact = 1L << 53;

    private Value[] _values = new Value[Math.Max(keys.Count, 8)];
    private byte[] _texts = new byte[1024];
    private int _textLength;
    private string? _error;
    private int _sinceCheck;

    /// <inheritdoc/>
    public override long Line => lines.Line;

    /// <inheritdoc/>
    public override string? Error => _error;

    /// <inheritdoc/>
    public override Cell this[int column]
    {
        get
        {
            ref readonly var value = ref _values[column];
            return value.Kind switch
            {
                CellKind.Number => Cell.Number(value.Number),
                CellKind.Boolean => Cell.Boolean(value.Number != 0),
                CellKind.Text => Cell.Text(_texts.AsSpan(value.Start, value.Length)),
                _ => Cell.Missing,
            };
        }
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        if (++_sinceCheck >= CancellationInterval)
        {
            cancellation.ThrowIfCancellationRequested();
            _sinceCheck = 0;
        }

        if (!lines.Read())
            return false;
        _values.AsSpan().Clear();
        _textLength = 0;
        _error = lines.Error;
        if (_error is not null)
            return true;
        try
        {
            Parse(lines.Raw);
        }
        catch (JsonException error)
        {
            _error = $"it is not a JSON object: {Excerpt.Of(error.Message.Split(". Path:", 2)[0].Split(" LineNumber:", 2)[0].TrimEnd('.'))}";
            _values.AsSpan().Clear();
        }

        return true;
    }

    /// <inheritdoc/>
    public override string RawExcerpt() => Excerpt.Of(lines.Raw);

    /// <inheritdoc/>
    public override void Dispose() => lines.Dispose();

    private void Parse(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            _error = "it is not a JSON object";
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var column = Column(ref reader);
            reader.Read();
            if (column < 0)
                reader.Skip();
            else
                _values[column] = Take(ref reader, json);
        }

        // The reader itself refuses what follows the object.
        while (reader.Read())
        {
        }
    }

    private int Column(ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return Column(reader.ValueSpan);
        var rented = ArrayPool<byte>.Shared.Rent(reader.ValueSpan.Length);
        var column = Column(rented.AsSpan(0, reader.CopyString(rented)));
        ArrayPool<byte>.Shared.Return(rented);
        return column;
    }

    private int Column(ReadOnlySpan<byte> key)
    {
        if (!grow)
            return keys.Find(key);
        var column = keys.GetOrAdd(key);
        if (column >= _values.Length)
            Array.Resize(ref _values, _values.Length * 2);
        return column;
    }

    private Value Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
            case JsonTokenType.False:
                return new Value(CellKind.Boolean, 0, 0, reader.TokenType == JsonTokenType.True ? 1 : 0);
            case JsonTokenType.Number:
                // Whole numbers beyond 2^53 are names rather than quantities and keep their digits.
                if (reader.TryGetInt64(out var whole) ? whole is >= -LargestExact and <= LargestExact : reader.ValueSpan.ContainsAny(".eE"u8))
                    return new Value(CellKind.Number, 0, 0, reader.GetDouble());
                return Store(reader.ValueSpan);
            case JsonTokenType.String:
                if (!reader.ValueIsEscaped)
                    return Store(reader.ValueSpan);
                Reserve(reader.ValueSpan.Length);
                var start = _textLength;
                var length = reader.CopyString(_texts.AsSpan(start));
                _textLength += length;
                return new Value(CellKind.Text, start, length, 0);
            case JsonTokenType.StartObject:
            case JsonTokenType.StartArray:
                var from = (int)reader.TokenStartIndex;
                reader.Skip();
                return Store(json[from..(int)reader.BytesConsumed]);
            default:
                return default;
        }
    }

    private Value Store(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_texts.AsSpan(_textLength));
        _textLength += text.Length;
        return new Value(CellKind.Text, _textLength - text.Length, text.Length, 0);
    }

    private void Reserve(int length)
    {
        if (_textLength + length > _texts.Length)
            Array.Resize(ref _texts, Math.Max(_texts.Length * 2, _textLength + length));
    }

    private readonly record struct Value(CellKind Kind, int Start, int Length, double Number);
}
