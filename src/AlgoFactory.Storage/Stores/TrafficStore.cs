using System.Collections.Immutable;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>The nodes' minutes in the metadata database.</summary>
internal sealed class TrafficStore(Metadata metadata) : ITrafficStore
{
    public Task AddAsync(IReadOnlyList<TrafficMinute> minutes, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "traffic",
            async db =>
            {
                foreach (var minute in minutes)
                {
                    await db.Traffic
                        .Where(t => t.Node == minute.Node && t.Deployment == minute.Deployment && t.Minute == minute.Minute)
                        .ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                    db.Traffic.Add(TrafficRow.From(minute));
                }

                return true;
            },
            cancellation);

    public Task<ImmutableArray<TrafficMinute>> ListAsync(string? deployment, DateTimeOffset from, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Traffic
                .Where(t => t.Minute >= from && (deployment == null || t.Deployment == deployment))
                .OrderBy(t => t.Minute).ThenBy(t => t.Node)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(t => t.ToRecord()).ToImmutableArray();
        });

    public Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation) =>
        metadata.WriteAsync("traffic", db => db.Traffic.Where(t => t.Minute < before).ExecuteDeleteAsync(cancellation), cancellation);
}
