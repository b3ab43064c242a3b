using System.Diagnostics;
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

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private NpgsqlConnection? _listening;
    private long? _listensSince;

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

        // A connection that was cut (by a proxy, or a restart that is over) can mostly be had anew at once.
        if (_listening is { } held && await TryAsync(() => held.WaitAsync(atMost, cancellation)).ConfigureAwait(false)) return;
        // What was told between the last look and LISTEN is not heard: the caller looks once more.
        var isThere = await TryAsync(async () => _listening ??= await ListenAsync(cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        // While the server is away the caller polls; and one that cuts each connection must not have it look without a pause.
        if (!isThere || (_listensSince is { } since && Stopwatch.GetElapsedTime(since) < Pause))
            await Task.Delay(atMost < Pause ? atMost : Pause, cancellation).ConfigureAwait(false);
        if (isThere) _listensSince = Stopwatch.GetTimestamp();
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

    private async Task<bool> TryAsync(Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            await CloseAsync().ConfigureAwait(false);
            return false;
        }
    }

    private async Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _listening, null) is { } lost) await lost.DisposeAsync().ConfigureAwait(false);
    }
}
