using System.Collections.Immutable;
using System.Numerics;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Ingest.Parquet;

/// <summary>One pass over a <see cref="ColumnStream"/>. DuckDB decodes ahead of it on its own threads, by a megabyte or so.</summary>
public sealed unsafe class ColumnReader : IDisposable
{
    private readonly ParquetFile _file;
    private readonly ImmutableArray<string> _columns;
    private readonly ImmutableArray<DuckDbType> _types;
    private readonly Utf8Table?[] _levels;
    private readonly CancellationToken _cancellation;
    private readonly DuckDbConnection _connection;
    private readonly DuckDbRows _rows;
    private readonly CancellationTokenRegistration _interrupt;
    private int _row;
    private bool _ended;

    internal ColumnReader(
        ParquetFile file, ImmutableArray<string> columns, ImmutableArray<DuckDbType> types, Utf8Table?[] levels, CancellationToken cancellation)
    {
        (_file, _columns, _types, _levels, _cancellation) = (file, columns, types, levels, cancellation);
        (_connection, _rows) = file.Stream(columns);
        _interrupt = cancellation.Register(_connection.Interrupt);
    }

    /// <summary>Reads the next rows, up to <paramref name="capacity"/>, and returns their number; 0 at the end.</summary>
    /// <param name="to">Room: the values of column c begin at c × <paramref name="capacity"/>. Missing values are NaN.</param>
    /// <param name="capacity">The most rows.</param>
    /// <exception cref="DataFormatException">The file is broken, or a column has too many distinct texts.</exception>
    public int Read(Span<float> to, int capacity)
    {
        var filled = 0;
        while (filled < capacity && (_row < _rows.RowCount || NextChunk()))
        {
            var count = Math.Min(capacity - filled, _rows.RowCount - _row);
            for (var c = 0; c < _types.Length; c++)
                Copy(c, to.Slice(c * capacity + filled, count));
            _row += count;
            filled += count;
        }

        return filled;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interrupt.Dispose();
        _rows.Dispose();
        _connection.Dispose();
    }

    private bool NextChunk()
    {
        _cancellation.ThrowIfCancellationRequested();
        _row = 0;
        try
        {
            // After the end DuckDB may not be asked again.
            _ended = _ended || !_rows.NextChunk();
            return !_ended;
        }
        catch (DuckDbException error)
        {
            // An interrupt ends the query with an error of its own.
            _cancellation.ThrowIfCancellationRequested();
            throw _file.Broken(error);
        }
    }

    private void Copy(int column, Span<float> to)
    {
        var data = (void*)_rows.Data[column];
        switch (_types[column])
        {
            case DuckDbType.Float:
                new ReadOnlySpan<float>((float*)data + _row, to.Length).CopyTo(to);
                break;
            case DuckDbType.Double:
                Convert(new ReadOnlySpan<double>((double*)data + _row, to.Length), to);
                break;
            case DuckDbType.Boolean or DuckDbType.UTinyInt:
                Convert(new ReadOnlySpan<byte>((byte*)data + _row, to.Length), to);
                break;
            case DuckDbType.TinyInt:
                Convert(new ReadOnlySpan<sbyte>((sbyte*)data + _row, to.Length), to);
                break;
            case DuckDbType.SmallInt:
                Convert(new ReadOnlySpan<short>((short*)data + _row, to.Length), to);
                break;
            case DuckDbType.USmallInt:
                Convert(new ReadOnlySpan<ushort>((ushort*)data + _row, to.Length), to);
                break;
            case DuckDbType.Integer:
                Convert(new ReadOnlySpan<int>((int*)data + _row, to.Length), to);
                break;
            case DuckDbType.UInteger:
                Convert(new ReadOnlySpan<uint>((uint*)data + _row, to.Length), to);
                break;
            case DuckDbType.BigInt:
                Convert(new ReadOnlySpan<long>((long*)data + _row, to.Length), to);
                break;
            case DuckDbType.UBigInt:
                Convert(new ReadOnlySpan<ulong>((ulong*)data + _row, to.Length), to);
                break;
            default:
                Encode(column, (DuckDbString*)data + _row, to);
                return;
        }

        if (_rows.Validity[column] == 0)
            return;
        for (var i = 0; i < to.Length; i++)
            if (_rows.IsNull(column, _row + i))
                to[i] = float.NaN;
    }

    private static void Convert<T>(ReadOnlySpan<T> from, Span<float> to)
        where T : INumberBase<T>
    {
        for (var i = 0; i < to.Length; i++)
            to[i] = float.CreateTruncating(from[i]);
    }

    private void Encode(int column, DuckDbString* texts, Span<float> to)
    {
        var levels = _levels[column]!;
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = float.NaN;
            if (_rows.IsNull(column, _row + i))
                continue;
            var text = DuckDbString.Read(texts + i);
            if (text.Length > ColumnStream.MaxLevelBytes)
                throw TooMuch(column, $"a text of more than {ColumnStream.MaxLevelBytes} bytes");
            to[i] = levels.GetOrAdd(text, out _);
        }

        if (levels.Count > ColumnStream.MaxLevels)
            throw TooMuch(column, $"more than {ColumnStream.MaxLevels:N0} distinct texts");
    }

    private DataFormatException TooMuch(int column, string what) =>
        new($"The column '{Excerpt.Of(_columns[column])}' holds {what}, too much for categories; leave it out.");
}
