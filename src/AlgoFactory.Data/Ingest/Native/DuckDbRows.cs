namespace AlgoFactory.Data.Ingest.Native;

/// <summary>The streamed result of a query: one chunk of rows at a time.</summary>
internal sealed unsafe class DuckDbRows : IDisposable
{
    private DuckDbResult _result;
    private nint _statement;
    private nint _chunk;
    private bool _disposed;

    private DuckDbRows(nint statement, DuckDbResult result)
    {
        _statement = statement;
        _result = result;
        var count = (int)DuckDbApi.ColumnCount(ref _result);
        Names = new string[count];
        Types = new DuckDbType[count];
        for (var i = 0; i < count; i++)
        {
            Names[i] = DuckDbApi.Text(DuckDbApi.ColumnName(ref _result, (ulong)i));
            Types[i] = DuckDbApi.ColumnType(ref _result, (ulong)i);
        }

        Data = new nint[count];
        Validity = new nint[count];
    }

    /// <summary>The columns' names.</summary>
    public string[] Names { get; }

    /// <summary>The columns' types.</summary>
    public DuckDbType[] Types { get; }

    /// <summary>The current chunk's values, one array a column, laid out as the type says.</summary>
    public nint[] Data { get; }

    /// <summary>The current chunk's validity bits, one array of 64-bit words a column; 0: all valid.</summary>
    public nint[] Validity { get; }

    /// <summary>Rows of the current chunk.</summary>
    public int RowCount { get; private set; }

    /// <summary>Starts the query.</summary>
    public static DuckDbRows Start(ConnectionHandle connection, string sql)
    {
        var state = DuckDbApi.Prepare(connection, sql, out var statement);
        if (state != DuckDbState.Success)
        {
            var message = DuckDbApi.Text(DuckDbApi.PrepareError(statement));
            DuckDbApi.DestroyPrepare(ref statement);
            throw new DuckDbException(message);
        }

        if (DuckDbApi.ExecuteStreaming(statement, out var result) == DuckDbState.Success)
            return new DuckDbRows(statement, result);
        var reason = DuckDbApi.Text(DuckDbApi.ResultError(ref result));
        DuckDbApi.DestroyResult(ref result);
        DuckDbApi.DestroyPrepare(ref statement);
        throw new DuckDbException(reason);
    }

    /// <summary>Fetches the next chunk; false at the end. The one before is no longer valid.</summary>
    /// <exception cref="DuckDbException">The query failed on the way.</exception>
    public bool NextChunk()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        DropChunk();
        _chunk = DuckDbApi.FetchChunk(_result);
        if (_chunk == 0)
        {
            var error = DuckDbApi.ResultError(ref _result);
            if (error != 0)
                throw new DuckDbException(DuckDbApi.Text(error));
            return false;
        }

        RowCount = (int)DuckDbApi.ChunkSize(_chunk);
        for (var i = 0; i < Data.Length; i++)
        {
            var vector = DuckDbApi.Vector(_chunk, (ulong)i);
            Data[i] = (nint)DuckDbApi.VectorData(vector);
            Validity[i] = (nint)DuckDbApi.VectorValidity(vector);
        }

        return RowCount > 0;
    }

    /// <summary>Whether the value of a row of the current chunk is null.</summary>
    public bool IsNull(int column, int row)
    {
        var words = (ulong*)Validity[column];
        return words != null && (words[row >> 6] >> (row & 63) & 1) == 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        DropChunk();
        DuckDbApi.DestroyResult(ref _result);
        DuckDbApi.DestroyPrepare(ref _statement);
    }

    private void DropChunk()
    {
        RowCount = 0;
        if (_chunk != 0)
            DuckDbApi.DestroyChunk(ref _chunk);
    }
}
