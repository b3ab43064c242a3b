using System.Globalization;
using AlgoFactory.Data.Ingest.Native;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Ingest.Parquet;

/// <summary>The rows of a Parquet file, as typed cells.</summary>
internal sealed unsafe class ParquetRecordReader : RecordReader
{
    private const long LargestExact = 1L << 53;
    private const long SecondsPerDay = 86_400;

    private readonly ParquetFile _file;
    private readonly DuckDbConnection _connection;
    private readonly DuckDbRows _rows;
    private readonly CancellationToken _cancellation;
    private readonly CancellationTokenRegistration _interrupt;
    private readonly byte[][] _digits;
    private int _row = -1;
    private long _line;

    /// <summary>Takes ownership of the connection and the rows.</summary>
    public ParquetRecordReader(ParquetFile file, DuckDbConnection connection, DuckDbRows rows, CancellationToken cancellation)
    {
        _file = file;
        _connection = connection;
        _rows = rows;
        _cancellation = cancellation;
        _digits = new byte[rows.Names.Length][];
        _interrupt = cancellation.Register(connection.Interrupt);
    }

    /// <inheritdoc/>
    public override long Line => _line;

    /// <inheritdoc/>
    public override string? Error => null;

    /// <inheritdoc/>
    public override Cell this[int column]
    {
        get
        {
            if (_rows.IsNull(column, _row))
                return Cell.Missing;
            var data = (void*)_rows.Data[column];
            return _rows.Types[column] switch
            {
                DuckDbType.Boolean => Cell.Boolean(((byte*)data)[_row] != 0),
                DuckDbType.TinyInt => Cell.Number(((sbyte*)data)[_row]),
                DuckDbType.SmallInt => Cell.Number(((short*)data)[_row]),
                DuckDbType.Integer => Cell.Number(((int*)data)[_row]),
                DuckDbType.BigInt => Whole(column, ((long*)data)[_row]),
                DuckDbType.UTinyInt => Cell.Number(((byte*)data)[_row]),
                DuckDbType.USmallInt => Cell.Number(((ushort*)data)[_row]),
                DuckDbType.UInteger => Cell.Number(((uint*)data)[_row]),
                DuckDbType.UBigInt => Unsigned(column, ((ulong*)data)[_row]),
                DuckDbType.Float => Single(((float*)data)[_row]),
                DuckDbType.Double => Cell.Number(((double*)data)[_row]),
                DuckDbType.Date => Day(((int*)data)[_row]),
                DuckDbType.Timestamp or DuckDbType.TimestampTz => Instant(((long*)data)[_row], 1, 1),
                DuckDbType.TimestampS => Instant(((long*)data)[_row], 1_000_000, 1),
                DuckDbType.TimestampMs => Instant(((long*)data)[_row], 1_000, 1),
                DuckDbType.TimestampNs => Instant(((long*)data)[_row], 1, 1_000),
                _ => Cell.Text(DuckDbString.Read((DuckDbString*)data + _row)),
            };
        }
    }

    /// <inheritdoc/>
    public override bool Read()
    {
        _row++;
        while (_row >= _rows.RowCount)
        {
            _cancellation.ThrowIfCancellationRequested();
            try
            {
                if (!_rows.NextChunk())
                    return false;
            }
            catch (DuckDbException error)
            {
                // An interrupt ends the query with an error of its own.
                _cancellation.ThrowIfCancellationRequested();
                throw _file.Broken(error);
            }

            _row = 0;
        }

        _line++;
        return true;
    }

    /// <inheritdoc/>
    public override string RawExcerpt() => string.Create(CultureInfo.InvariantCulture, $"row {_line}");

    /// <inheritdoc/>
    public override void Dispose()
    {
        _interrupt.Dispose();
        _rows.Dispose();
        _connection.Dispose();
    }

    // A double holds whole numbers up to 2^53; longer ones are names rather than quantities and keep their digits.
    private Cell Whole(int column, long value)
    {
        if (value is >= -LargestExact and <= LargestExact)
            return Cell.Number(value);
        var digits = _digits[column] ??= new byte[32];
        value.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        return Cell.Text(digits.AsSpan(0, written));
    }

    private Cell Unsigned(int column, ulong value)
    {
        if (value <= LargestExact)
            return Cell.Number(value);
        var digits = _digits[column] ??= new byte[32];
        value.TryFormat(digits, out var written, default, CultureInfo.InvariantCulture);
        return Cell.Text(digits.AsSpan(0, written));
    }

    // The double that the number's shortest text stands for, as in CSV: 0.1 and not 0.10000000149.
    private static Cell Single(float value)
    {
        if (!float.IsFinite(value))
            return Cell.Number(value);
        Span<byte> text = stackalloc byte[32];
        value.TryFormat(text, out var written, "R", CultureInfo.InvariantCulture);
        NumberParser.TryParse(text[..written], decimalComma: false, out var number);
        return Cell.Number(number);
    }

    // The type's ends stand for plus and minus infinity.
    private static Cell Day(int days) =>
        days is int.MaxValue or -int.MaxValue ? Cell.Missing : Cell.Instant(days * SecondsPerDay);

    private static Cell Instant(long count, long microseconds, long perMicrosecond)
    {
        if (count is long.MaxValue or -long.MaxValue)
            return Cell.Missing;
        var whole = Math.DivRem(count, perMicrosecond, out var rest);
        return Cell.Instant(InstantParser.FromMicroseconds((rest < 0 ? whole - 1 : whole) * microseconds));
    }
}
