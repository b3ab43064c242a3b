using AlgoFactory.Serving.Deployments;
using AlgoFactory.Storage.Contexts;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace AlgoFactory.Storage.Stores;

/// <summary>
/// PostgreSQL's <c>LISTEN</c> and <c>NOTIFY</c>: a change is told with its commit to every node that listens. It is a hint that
/// may get lost with a connection; whoever waits looks now and then anyway. With SQLite there is one server, and the wait is all.
/// </summary>
internal sealed class DeploymentSignal(ContextFactory factory) : IDeploymentSignal, IDisposable
{
    private const string Channel = "algofactory_deployments";

    private NpgsqlConnection? _listening;

    /// <summary>Tells of a change; the nodes hear of it when the transaction has committed.</summary>
    public static async Task TellAsync(MetadataContext db, string name, CancellationToken cancellation)
    {
        if (db is PostgresContext)
            await db.Database.ExecuteSqlAsync($"SELECT pg_notify({Channel}, {name})", cancellation).ConfigureAwait(false);
    }

    /// <summary>One caller at a time.</summary>
    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellation)
    {
        if (factory.Options.Provider != StorageProvider.Postgres)
        {
            await Task.Delay(atMost, cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            var isNew = _listening is null;
            _listening ??= await ListenAsync(cancellation).ConfigureAwait(false);
            // What was told between the last look and the first LISTEN is not heard: look once more.
            if (!isNew) await _listening.WaitAsync(atMost, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The server went away; until it is back the caller polls.
            await CloseAsync().ConfigureAwait(false);
            await Task.Delay(atMost, cancellation).ConfigureAwait(false);
        }
    }

    public void Dispose() => Interlocked.Exchange(ref _listening, null)?.Dispose();

    private async Task<NpgsqlConnection> ListenAsync(CancellationToken cancellation)
    {
        // Not from the pool: a connection that listens is held for good, and one that was lost is not to be used again.
        var settings = new NpgsqlConnectionStringBuilder(factory.Options.ConnectionString) { Pooling = false, KeepAlive = 30 };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            var command = new NpgsqlCommand($"LISTEN {Channel}", connection);
            await using (command.ConfigureAwait(false)) await command.ExecuteNonQueryAsync(cancellation).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _listening, null) is { } lost) await lost.DisposeAsync().ConfigureAwait(false);
    }
}
