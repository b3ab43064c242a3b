using System.Data;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Contexts;

/// <summary>
/// The two ways to the tables, the same for both providers: a read on a context of its own, and a write as one transaction
/// that sees no other write in between. SQLite takes the file's one write lock at the beginning (<c>BEGIN IMMEDIATE</c>: a
/// deferred transaction that reads first could not upgrade its lock without failing); PostgreSQL runs serialisable. A
/// transaction that loses against another is run again from its beginning.
/// </summary>
internal sealed class Metadata(ContextFactory factory) : IDisposable
{
    private const int Attempts = 12;

    // Writers of one process queue here, in order and without blocking a thread; SQLite's own lock is polled.
    private readonly SemaphoreSlim _sqliteWriter = new(1, 1);

    /// <summary>Reads without following changes.</summary>
    public async Task<T> ReadAsync<T>(Func<MetadataContext, Task<T>> read)
    {
        try
        {
            var context = factory.CreateDbContext();
            await using (context.ConfigureAwait(false))
            {
                context.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
                return await read(context).ConfigureAwait(false);
            }
        }
        catch (Exception fault) when (DatabaseFaults.Sentence(fault, factory.Options) is { } sentence)
        {
            throw new StorageException(sentence, fault);
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/>, saves what it changed and commits. It may be called several times, each time with a fresh
    /// context, so it must have no effect but on that context.
    /// </summary>
    public async Task<T> WriteAsync<T>(Func<MetadataContext, Task<T>> write, CancellationToken cancellation)
    {
        var gate = factory.Options.Provider == StorageProvider.Sqlite ? _sqliteWriter : null;
        if (gate is not null) await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return await TryWriteAsync(write, cancellation).ConfigureAwait(false);
                }
                catch (Exception fault) when (attempt < Attempts && DatabaseFaults.IsConflict(fault))
                {
                    // Full jitter: two losers must not meet again.
                    var longest = TimeSpan.FromMilliseconds(Math.Min(500, 4 << attempt));
                    await Task.Delay(Random.Shared.NextDouble() * longest, cancellation).ConfigureAwait(false);
                }
            }
        }
        catch (Exception fault) when (DatabaseFaults.Sentence(fault, factory.Options) is { } sentence)
        {
            throw new StorageException(sentence, fault);
        }
        finally
        {
            gate?.Release();
        }
    }

    public void Dispose() => _sqliteWriter.Dispose();

    private async Task<T> TryWriteAsync<T>(Func<MetadataContext, Task<T>> write, CancellationToken cancellation)
    {
        var context = factory.CreateDbContext();
        await using (context.ConfigureAwait(false))
        {
            // Serialisable is BEGIN IMMEDIATE in Microsoft.Data.Sqlite.
            var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.Serializable, cancellation).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var result = await write(context).ConfigureAwait(false);
                await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
                await transaction.CommitAsync(cancellation).ConfigureAwait(false);
                return result;
            }
        }
    }
}
