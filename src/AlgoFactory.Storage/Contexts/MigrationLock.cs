using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace AlgoFactory.Storage.Contexts;

/// <summary>
/// Lets one process at a time upgrade the tables. Both locks belong to the process, not to a row: whoever dies while holding
/// one leaves none behind (the row with which Entity Framework locks a SQLite file stays after a kill, and every later start
/// would wait for it for good).
/// </summary>
internal static class MigrationLock
{
    // Any number that nothing else in the same database uses: "algofact" in ASCII.
    private const long PostgresKey = 0x616C_676F_6661_6374;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task<IAsyncDisposable> TakeAsync(StorageOptions options, CancellationToken cancellation) =>
        options.Provider == StorageProvider.Sqlite
            ? await TakeFileAsync(new SqliteConnectionStringBuilder(options.ConnectionString).DataSource, cancellation).ConfigureAwait(false)
            : await TakeAdvisoryAsync(options.ConnectionString, cancellation).ConfigureAwait(false);

    private static async Task<IAsyncDisposable> TakeFileAsync(string database, CancellationToken cancellation)
    {
        var path = Path.GetFullPath(database) + ".lock";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"The folder of the metadata database '{database}' cannot be made: {fault.Message}", fault);
        }

        for (var waited = TimeSpan.Zero; ; waited += TimeSpan.FromMilliseconds(50))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path) && waited < Patience)
            {
                await Task.Delay(50, cancellation).ConfigureAwait(false);
            }
            catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
            {
                throw new StorageException(
                    $"The lock file '{path}' cannot be taken ({fault.Message}); check that the service's user may write there and that no other program is upgrading.",
                    fault);
            }
        }
    }

    private static async Task<IAsyncDisposable> TakeAdvisoryAsync(string connectionString, CancellationToken cancellation)
    {
        // Not pooled: closing the connection must give the lock back.
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = (int)Patience.TotalSeconds };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection) { Parameters = { new() { Value = PostgresKey } } };
            await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch (DbException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
