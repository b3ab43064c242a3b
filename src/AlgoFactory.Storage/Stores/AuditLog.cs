using System.Collections.Immutable;
using AlgoFactory.Serving.Access;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>The audit log in the metadata database.</summary>
internal sealed class AuditLog(Metadata metadata) : IAuditLog
{
    private const int MostEntries = 10_000;

    public Task AddAsync(AuditEntry entry, CancellationToken cancellation) =>
        metadata.WriteAsync("audit", db => Task.FromResult(db.AuditLog.Add(AuditRow.From(entry))), cancellation);

    // A look through all entries, which nothing here is indexed for: milliseconds, a few times a day.
    public Task AddOnceAsync(AuditEntry entry, CancellationToken cancellation) =>
        metadata.WriteAsync("audit", async db =>
        {
            var isThere = await db.AuditLog
                .AnyAsync(a => a.Action == entry.Action && a.Subject == entry.Subject && a.Detail == entry.Detail, cancellation).ConfigureAwait(false);
            if (!isThere)
                db.AuditLog.Add(AuditRow.From(entry));
            return isThere;
        }, cancellation);

    public Task<ImmutableArray<AuditEntry>> ListAsync(int count, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostEntries);
        return metadata.ReadAsync(async db =>
        {
            var rows = await db.AuditLog.OrderByDescending(a => a.Sequence).Take(count).ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(a => a.ToRecord()).ToImmutableArray();
        });
    }
}
