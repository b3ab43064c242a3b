using System.Collections.Immutable;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>How the nodes fared, minute by minute, in the metadata database.</summary>
internal sealed class NodeMinuteStore(Metadata metadata) : INodeMinuteStore
{
    public Task AddAsync(NodeMinute minute, CancellationToken cancellation) =>
        metadata.WriteAsync(
            "node-minutes",
            async db =>
            {
                await db.NodeMinutes.Where(m => m.Node == minute.Node && m.Minute == minute.Minute).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                db.NodeMinutes.Add(NodeMinuteRow.From(minute));
                return true;
            },
            cancellation);

    public Task<ImmutableArray<NodeMinute>> ListAsync(DateTimeOffset from, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
            (await db.NodeMinutes.Where(m => m.Minute >= from).OrderBy(m => m.Minute).ThenBy(m => m.Node).ToListAsync(cancellation).ConfigureAwait(false))
                .Select(m => m.ToRecord()).ToImmutableArray());

    public Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation) =>
        metadata.WriteAsync("node-minutes", db => db.NodeMinutes.Where(m => m.Minute < before).ExecuteDeleteAsync(cancellation), cancellation);
}
