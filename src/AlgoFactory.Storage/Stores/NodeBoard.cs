using System.Collections.Immutable;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>What the nodes serve, in the metadata database that they share.</summary>
internal sealed class NodeBoard(Metadata metadata) : INodeBoard
{
    /// <summary>Nodes that were silent for so long are forgotten.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(10);

    public Task ReportAsync(NodeReport report, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"node/{report.Node}",
            async db =>
            {
                // Without its time, so that the report of a node that does nothing new is not written again.
                var json = RowJson.Write(report with { SeenAt = default });
                var row = await db.NodeReports.FindAsync([report.Node], cancellation).ConfigureAwait(false);
                if (row is null)
                {
                    db.NodeReports.Add(new NodeReportRow { Node = report.Node, SeenAt = report.SeenAt, Report = json });
                    var old = report.SeenAt - Forgotten;
                    await db.NodeReports.Where(n => n.SeenAt < old).ExecuteDeleteAsync(cancellation).ConfigureAwait(false);
                }
                else
                {
                    (row.SeenAt, row.Report) = (report.SeenAt, json);
                }

                return true;
            },
            cancellation);

    public Task<ImmutableArray<NodeReport>> ListAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
            (await db.NodeReports.ToListAsync(cancellation).ConfigureAwait(false))
                .Select(n => RowJson.Read<NodeReport>(n.Report) with { SeenAt = n.SeenAt }).ToImmutableArray());

    public Task RemoveAsync(string node, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"node/{node}",
            async db => await db.NodeReports.Where(n => n.Node == node).ExecuteDeleteAsync(cancellation).ConfigureAwait(false) > 0,
            cancellation);
}
