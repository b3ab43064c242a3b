using AlgoFactory.Storage.Contexts;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage;

/// <summary>The metadata database as a whole: made, upgraded and asked whether it answers.</summary>
public sealed class MetadataDatabase
{
    private readonly ContextFactory _factory;
    private readonly Metadata _metadata;

    internal MetadataDatabase(ContextFactory factory, Metadata metadata) => (_factory, _metadata) = (factory, metadata);

    /// <summary>
    /// Makes the tables, or upgrades those of an older program; does nothing when they are up to date. Several processes may
    /// call this at once: one upgrades, the others wait.
    /// </summary>
    /// <returns>The migrations that were applied.</returns>
    /// <exception cref="StorageException">The database cannot be reached or written, or a newer program has upgraded it.</exception>
    public async Task<IReadOnlyList<string>> MigrateAsync(CancellationToken cancellation)
    {
        try
        {
            var held = await MigrationLock.TakeAsync(_factory.Options, cancellation).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                var context = _factory.CreateDbContext();
                await using (context.ConfigureAwait(false)) return await UpgradeAsync(context, cancellation).ConfigureAwait(false);
            }
        }
        catch (Exception fault) when (DatabaseFaults.Translate(fault, _factory.Options) is { } error)
        {
            throw error;
        }
    }

    /// <summary>Asks the database for one row, to tell whether it answers: for the readiness check.</summary>
    /// <exception cref="StorageException">It does not, and this is why.</exception>
    public Task CheckAsync(CancellationToken cancellation) =>
        _metadata.ReadAsync(db => db.Deployments.AnyAsync(cancellation));

    private static async Task<IReadOnlyList<string>> UpgradeAsync(MetadataContext context, CancellationToken cancellation)
    {
        var known = context.Database.GetMigrations().ToHashSet(StringComparer.Ordinal);
        var applied = await context.Database.GetAppliedMigrationsAsync(cancellation).ConfigureAwait(false);
        if (applied.FirstOrDefault(m => !known.Contains(m)) is { } newer)
        {
            throw new StorageException(
                $"A newer AlgoFactory has upgraded the metadata database (to '{newer}'); start that version, or restore the backup made before the upgrade.");
        }

        var pending = known.Except(applied, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToArray();
        if (pending.Length == 0) return [];
        if (context is SqliteContext)
        {
            // A killed upgrade leaves Entity Framework's own lock behind; ours is held, so nobody else is upgrading.
            await context.Database.ExecuteSqlRawAsync("DROP TABLE IF EXISTS \"__EFMigrationsLock\"", cancellation).ConfigureAwait(false);
        }

        await context.Database.MigrateAsync(cancellation).ConfigureAwait(false);
        if (context is SqliteContext)
            await context.Database.ExecuteSqlRawAsync("PRAGMA journal_mode = WAL", cancellation).ConfigureAwait(false);
        return pending;
    }
}
