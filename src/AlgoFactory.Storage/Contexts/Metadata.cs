using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Contexts;

/// <summary>
/// The two ways to the tables, the same for both providers: a read on a context of its own, and a write as one transaction
/// that sees no other write to its subject in between. SQLite takes the file's one write lock at the beginning (<c>BEGIN
/// IMMEDIATE</c>: a deferred transaction that reads first could not upgrade its lock without failing); PostgreSQL takes an
/// advisory lock of the subject's name, which ends with the transaction. Both wait for whoever holds it, so no transaction
/// loses and none is run twice.
/// </summary>
internal sealed class Metadata(ContextFactory factory) : IDisposable
{
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
        catch (Exception fault) when (DatabaseFaults.Translate(fault, factory.Options) is { } error)
        {
            throw error;
        }
    }

    /// <summary>
    /// Runs <paramref name="write"/> once, saves what it changed and commits; writes to the same <paramref name="subject"/>
    /// follow each other. What <paramref name="write"/> throws undoes all of it.
    /// </summary>
    public async Task<T> WriteAsync<T>(string subject, Func<MetadataContext, Task<T>> write, CancellationToken cancellation)
    {
        var gate = factory.Options.Provider == StorageProvider.Sqlite ? _sqliteWriter : null;
        if (gate is not null) await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var context = factory.CreateDbContext();
            await using (context.ConfigureAwait(false)) return await WriteAsync(context, subject, write, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (DatabaseFaults.Translate(fault, factory.Options) is { } error)
        {
            throw error;
        }
        finally
        {
            gate?.Release();
        }
    }

    public void Dispose() => _sqliteWriter.Dispose();

    private static async Task<T> WriteAsync<T>(
        MetadataContext context, string subject, Func<MetadataContext, Task<T>> write, CancellationToken cancellation)
    {
        // Microsoft.Data.Sqlite begins IMMEDIATE unless asked for a deferred transaction.
        var transaction = await context.Database.BeginTransactionAsync(cancellation).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            if (context is PostgresContext)
            {
                await context.Database
                    .ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({subject}, 0))", cancellation)
                    .ConfigureAwait(false);
            }

            var result = await write(context).ConfigureAwait(false);
            await context.SaveChangesAsync(cancellation).ConfigureAwait(false);
            await transaction.CommitAsync(cancellation).ConfigureAwait(false);
            return result;
        }
    }
}
