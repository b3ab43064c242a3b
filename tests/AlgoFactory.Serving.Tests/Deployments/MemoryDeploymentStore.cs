using System.Collections.Immutable;
using AlgoFactory.Serving.Deployments;

namespace AlgoFactory.Serving.Tests.Deployments;

/// <summary>Keeps deployments in memory, by the store's rules; several nodes of a test share one.</summary>
internal sealed class MemoryDeploymentStore : IDeploymentStore
{
    private readonly Lock _lock = new();
    private readonly List<Deployment> _changes = [];

    /// <summary>Called before each save, outside the lock: where a test lets somebody else come first.</summary>
    public Func<Task>? BeforeSave { get; set; }

    public Task<ImmutableArray<Deployment>> ListAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult<ImmutableArray<Deployment>>(
                [.. _changes.GroupBy(d => d.Name).Select(g => g.MaxBy(d => d.Revision)!).OrderBy(d => d.Name, StringComparer.Ordinal)]);
    }

    public async Task<Deployment?> FindAsync(string name, CancellationToken cancellation) =>
        (await ListAsync(cancellation)).FirstOrDefault(d => d.Name == name);

    public async Task<bool> SaveAsync(Deployment deployment, CancellationToken cancellation)
    {
        if (BeforeSave is { } before)
        {
            BeforeSave = null;
            await before();
        }

        lock (_lock)
        {
            var stored = _changes.Where(d => d.Name == deployment.Name).Select(d => d.Revision).DefaultIfEmpty(0).Max();
            if (deployment.Revision != stored + 1)
                return false;
            _changes.Add(deployment);
            return true;
        }
    }

    public Task<ImmutableArray<Deployment>> HistoryAsync(string name, CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult<ImmutableArray<Deployment>>([.. _changes.Where(d => d.Name == name).OrderByDescending(d => d.Revision)]);
    }

    public Task<bool> DeleteAsync(string name, CancellationToken cancellation)
    {
        lock (_lock)
            return Task.FromResult(_changes.RemoveAll(d => d.Name == name) > 0);
    }
}
