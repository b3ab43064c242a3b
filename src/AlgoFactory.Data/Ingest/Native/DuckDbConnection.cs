using System.Globalization;

namespace AlgoFactory.Data.Ingest.Native;

/// <summary>
/// An in-memory DuckDB with one connection. Not thread-safe but for <see cref="Interrupt"/>. It never installs or loads
/// an extension from anywhere, and keeps to its memory, thread and temporary-folder limits.
/// </summary>
internal sealed class DuckDbConnection : IDisposable
{
    private readonly DatabaseHandle _database;
    private readonly ConnectionHandle _connection;

    private DuckDbConnection(DatabaseHandle database, ConnectionHandle connection)
    {
        _database = database;
        _connection = connection;
    }

    /// <summary>The native connection.</summary>
    public ConnectionHandle Handle => _connection;

    /// <summary>Opens a database within the limits of <paramref name="options"/>.</summary>
    /// <exception cref="DuckDbException">A setting was refused.</exception>
    /// <exception cref="DllNotFoundException">The library is not installed.</exception>
    public static DuckDbConnection Open(ReadOptions options)
    {
        if (DuckDbApi.CreateConfig(out var config) != DuckDbState.Success)
            throw new DuckDbException("DuckDB gave no configuration.");
        try
        {
            foreach (var (name, value) in Settings(options))
                if (DuckDbApi.SetConfig(config, name, value) != DuckDbState.Success)
                    throw new DuckDbException($"DuckDB refused the setting {name}={value}.");
            if (DuckDbApi.Open(null, out var opened, config, out var error) != DuckDbState.Success)
            {
                var message = DuckDbApi.Text(error);
                DuckDbApi.Free(error);
                throw new DuckDbException(message);
            }

            var database = new DatabaseHandle(opened);
            if (DuckDbApi.Connect(database, out var connection) == DuckDbState.Success)
                return new DuckDbConnection(database, new ConnectionHandle(connection));
            database.Dispose();
            throw new DuckDbException("DuckDB gave no connection.");
        }
        finally
        {
            DuckDbApi.DestroyConfig(ref config);
        }
    }

    /// <summary>Runs statements whose result is not wanted.</summary>
    /// <exception cref="DuckDbException">DuckDB's reason.</exception>
    public void Execute(string sql)
    {
        var state = DuckDbApi.Query(_connection, sql, out var result);
        try
        {
            if (state != DuckDbState.Success)
                throw new DuckDbException(DuckDbApi.Text(DuckDbApi.ResultError(ref result)));
        }
        finally
        {
            DuckDbApi.DestroyResult(ref result);
        }
    }

    /// <summary>Starts a query whose rows are fetched chunk by chunk.</summary>
    /// <exception cref="DuckDbException">DuckDB's reason.</exception>
    public DuckDbRows Stream(string sql) => DuckDbRows.Start(_connection, sql);

    /// <summary>Makes the running query fail soon; may be called from another thread.</summary>
    public void Interrupt() => DuckDbApi.Interrupt(_connection);

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _database.Dispose();
    }

    private static IEnumerable<(string Name, string Value)> Settings(ReadOptions options)
    {
        yield return ("autoinstall_known_extensions", "false");
        yield return ("autoload_known_extensions", "false");
        yield return ("memory_limit", string.Create(CultureInfo.InvariantCulture, $"{options.MemoryLimitMiB}MiB"));
        yield return ("threads", Math.Max(1, options.Threads).ToString(CultureInfo.InvariantCulture));
        yield return ("temp_directory", Path.Combine(options.TempFolder ?? Path.GetTempPath(), "algofactory-duckdb-" + Guid.NewGuid().ToString("N")));
    }
}
