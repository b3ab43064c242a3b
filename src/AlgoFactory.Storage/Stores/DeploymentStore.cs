using System.Collections.Immutable;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>Deployments and their history in the metadata database.</summary>
internal sealed class DeploymentStore(Metadata metadata) : IDeploymentStore
{
    public Task<ImmutableArray<Deployment>> ListAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await Current(db).ToListAsync(cancellation).ConfigureAwait(false);

            // Sorted here: each database has its own idea of the order of texts.
            return rows.OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => d.ToRecord()).ToImmutableArray();
        });

    public Task<Deployment?> FindAsync(string name, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var row = await Current(db).SingleOrDefaultAsync(d => d.Name == name, cancellation).ConfigureAwait(false);
            return row?.ToRecord();
        });

    public Task<bool> SaveAsync(Deployment deployment, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"deployment/{deployment.Name}",
            async db =>
            {
                var row = await db.Deployments.FindAsync([deployment.Name], cancellation).ConfigureAwait(false);
                if (deployment.Revision != (row?.Revision ?? 0) + 1) return false;
                if (row is null) db.Deployments.Add(new DeploymentRow { Name = deployment.Name, Revision = 1 });
                else row.Revision = deployment.Revision;
                db.DeploymentChanges.Add(DeploymentChangeRow.From(deployment));
                await DeploymentSignal.TellAsync(db, deployment.Name, cancellation).ConfigureAwait(false);
                return true;
            },
            cancellation);

    public Task<ImmutableArray<Deployment>> HistoryAsync(string name, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.DeploymentChanges
                .Where(d => d.Name == name).OrderByDescending(d => d.Revision)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(d => d.ToRecord()).ToImmutableArray();
        });

    public Task<bool> DeleteAsync(string name, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"deployment/{name}",
            async db =>
            {
                await DeploymentSignal.TellAsync(db, name, cancellation).ConfigureAwait(false);
                return await db.Deployments.Where(d => d.Name == name).ExecuteDeleteAsync(cancellation).ConfigureAwait(false) > 0;
            },
            cancellation);

    private static IQueryable<DeploymentChangeRow> Current(MetadataContext db) =>
        from deployment in db.Deployments
        join change in db.DeploymentChanges
            on new { deployment.Name, deployment.Revision } equals new { change.Name, change.Revision }
        select change;
}
