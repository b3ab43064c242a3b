using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Export;

/// <summary>
/// Writes Parquet through DuckDB: rows are appended chunk by chunk to a table that spills to the temporary folder, and
/// copied out at the end.
/// </summary>
internal sealed unsafe class ParquetTableWriter : TableWriter
{
    private const string Table = "output";
    private const int OnStack = 512;
    private const int CellBytes = 16; // duckdb_string_t: 4 bytes of length, then the text itself where it is short
    private const int ShortText = 12;

    private readonly DuckDbConnection _connection;
    private readonly nint[] _vectors;
    private readonly nint[] _data;
    private readonly bool[] _set;
    private readonly int _capacity = (int)DuckDbApi.VectorSize();
    private nint _appender;
    private nint _chunk;
    private int _row;

    public ParquetTableWriter(string path, ImmutableArray<OutputColumn> columns, ReadOptions options) : base(path, columns)
    {
        _vectors = new nint[columns.Length];
        _data = new nint[columns.Length];
        _set = new bool[columns.Length];
        _connection = DuckDbConnection.Open(options);
        _connection.Execute($"CREATE TABLE {Table} ({string.Join(", ", columns.Select(c => $"{Sql.Name(c.Name)} {SqlType(c.Kind)}"))})");
        if (DuckDbApi.CreateAppender(_connection.Handle, null, Table, out _appender) != DuckDbState.Success)
            throw AppendFailed();
        var types = new nint[columns.Length];
        for (var i = 0; i < types.Length; i++)
            types[i] = DuckDbApi.CreateType(Type(columns[i].Kind));
        fixed (nint* first = types)
            _chunk = DuckDbApi.CreateChunk(first, (ulong)types.Length);
        for (var i = 0; i < types.Length; i++)
            DuckDbApi.DestroyType(ref types[i]);
        StartChunk();
    }

    public override void SetText(int column, string? text)
    {
        if (text is not null)
            SetCharacters(column, text);
    }

    public override void SetCharacters(int column, ReadOnlySpan<char> text)
    {
        Require(column, OutputKind.Text);
        var longest = Encoding.UTF8.GetMaxByteCount(text.Length);
        var bytes = longest <= OnStack ? stackalloc byte[OnStack] : new byte[longest];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        if (length <= ShortText)
        {
            // Most texts are names of categories; a call a cell would cost more than all else of it. What is behind the text must be 0.
            var cell = new Span<byte>((byte*)_data[column] + (long)_row * CellBytes, CellBytes);
            cell.Clear();
            BinaryPrimitives.WriteInt32LittleEndian(cell, length);
            bytes[..length].CopyTo(cell[sizeof(int)..]);
        }
        else
        {
            fixed (byte* first = bytes)
                DuckDbApi.AssignString(_vectors[column], (ulong)_row, first, (ulong)length);
        }

        _set[column] = true;
    }

    public override void SetSingle(int column, float value)
    {
        if (float.IsNaN(value))
            return;
        Require(column, OutputKind.Single);
        ((float*)_data[column])[_row] = value;
        _set[column] = true;
    }

    public override void SetDouble(int column, double value)
    {
        if (double.IsNaN(value))
            return;
        Require(column, OutputKind.Double);
        ((double*)_data[column])[_row] = value;
        _set[column] = true;
    }

    public override void EndRow()
    {
        for (var i = 0; i < _set.Length; i++)
        {
            if (!_set[i])
                DuckDbApi.VectorValidity(_vectors[i])[_row >> 6] &= ~(1UL << (_row & 63));
            _set[i] = false;
        }

        if (++_row == _capacity)
            Append();
    }

    private protected override void Finish()
    {
        Append();
        if (DuckDbApi.CloseAppender(_appender) != DuckDbState.Success)
            throw AppendFailed();
        try
        {
            _connection.Execute($"COPY {Table} TO {Sql.Text(Path.GetFullPath(TemporaryPath))} (FORMAT parquet, COMPRESSION zstd)");
        }
        catch (DuckDbException error)
        {
            throw new IOException($"The Parquet file cannot be written: {error.Sentence}.", error);
        }

        using var file = new FileStream(TemporaryPath, FileMode.Open, FileAccess.Write);
        file.Flush(flushToDisk: true);
    }

    private protected override void Release()
    {
        if (_chunk != 0)
            DuckDbApi.DestroyChunk(ref _chunk);
        if (_appender != 0)
            DuckDbApi.DestroyAppender(ref _appender);
        _appender = 0;
        _connection.Dispose();
    }

    private void Append()
    {
        if (_row == 0)
            return;
        DuckDbApi.SetChunkSize(_chunk, (ulong)_row);
        if (DuckDbApi.AppendChunk(_appender, _chunk) != DuckDbState.Success)
            throw AppendFailed();
        DuckDbApi.ResetChunk(_chunk);
        StartChunk();
    }

    // Resetting a chunk may give its vectors new buffers.
    private void StartChunk()
    {
        _row = 0;
        for (var i = 0; i < _vectors.Length; i++)
        {
            _vectors[i] = DuckDbApi.Vector(_chunk, (ulong)i);
            DuckDbApi.EnsureValidity(_vectors[i]);
            _data[i] = (nint)DuckDbApi.VectorData(_vectors[i]);
        }
    }

    private void Require(int column, OutputKind kind)
    {
        if (Columns[column].Kind != kind)
            throw new ArgumentException($"Column '{Columns[column].Name}' holds {Columns[column].Kind}, not {kind}.", nameof(column));
    }

    private IOException AppendFailed() =>
        new($"The Parquet file cannot be written: {new DuckDbException(DuckDbApi.Text(DuckDbApi.AppenderError(_appender))).Sentence}.");

    private static string SqlType(OutputKind kind) => kind switch
    {
        OutputKind.Text => "VARCHAR",
        OutputKind.Single => "FLOAT",
        _ => "DOUBLE",
    };

    private static DuckDbType Type(OutputKind kind) => kind switch
    {
        OutputKind.Text => DuckDbType.Varchar,
        OutputKind.Single => DuckDbType.Float,
        _ => DuckDbType.Double,
    };
}
