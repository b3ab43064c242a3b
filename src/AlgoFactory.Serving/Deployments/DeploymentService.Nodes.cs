using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace AlgoFactory.Serving.Deployments;

/// <summary>How this node follows the store, and what is known of the other nodes.</summary>
public sealed partial class DeploymentService
{
    /// <summary>A version that could not be loaded is tried again after this: its disk may have come back.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentDictionary<string, Failure> _failures = new(StringComparer.Ordinal);

    // When each node's report was last seen to be another one, by this node's clock: theirs may go wrong.
    private readonly ConcurrentDictionary<string, (DateTimeOffset Report, long Heard)> _heard = new(StringComparer.Ordinal);

    /// <summary>This node: its machine and process.</summary>
    public string Node { get; init; } = $"{Environment.MachineName}/{Environment.ProcessId}";

    /// <summary>All deployments with what the nodes serve of them, by name.</summary>
    public async Task<ImmutableArray<DeploymentStatus>> ListAsync(CancellationToken cancellation)
    {
        var stored = await _store.ListAsync(cancellation).ConfigureAwait(false);
        var others = await OthersAsync(cancellation).ConfigureAwait(false);
        return [.. stored.Select(d => Status(d, others))];
    }

    /// <summary>One deployment with what the nodes serve of it.</summary>
    /// <exception cref="DeploymentException">There is no such deployment.</exception>
    public async Task<DeploymentStatus> ShowAsync(string name, CancellationToken cancellation)
    {
        var stored = await FindAsync(name, cancellation).ConfigureAwait(false);
        return Status(stored, await OthersAsync(cancellation).ConfigureAwait(false));
    }

    /// <summary>
    /// Brings this node in line with the store: at start-up, and now and then for what other nodes changed. A
    /// deployment whose model cannot be loaded is reported in its status and does not stop the others; what served
    /// before goes on.
    /// </summary>
    public async Task SyncAsync(CancellationToken cancellation)
    {
        var stored = await _store.ListAsync(cancellation).ConfigureAwait(false);
        foreach (var deployment in stored)
            if (!IsServed(deployment) && !FailedLately(deployment))
                await BringAsync(deployment, cancellation).ConfigureAwait(false);
        var names = stored.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var served in _pool.List())
            if (!names.Contains(served.Deployment))
                await DropAsync(served.Deployment, cancellation).ConfigureAwait(false);
        foreach (var failed in _failures.Keys)
            if (!names.Contains(failed))
                _failures.TryRemove(failed, out _);
        _pool.FreeReplaced();
    }

    /// <summary>Tells the other nodes what this one serves, and hears which of them live.</summary>
    public async Task ReportAsync(CancellationToken cancellation)
    {
        var report = new NodeReport(Node, _clock.GetUtcNow(), _pool.List(), _failures.ToImmutableDictionary(f => f.Key, f => f.Value.Message));
        await _board.ReportAsync(report, cancellation).ConfigureAwait(false);
        await OthersAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>This node ends: no change shall wait for it.</summary>
    public Task LeaveAsync(CancellationToken cancellation) => _board.RemoveAsync(Node, cancellation);

    /// <summary>
    /// Waits until every living node serves a change, so that once it is acknowledged no node answers with what was before.
    /// </summary>
    /// <param name="deployment">The change.</param>
    /// <param name="atMost">How long to wait.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <returns>The nodes that did not follow in time; empty when all did.</returns>
    public async Task<ImmutableArray<string>> WaitForNodesAsync(Deployment deployment, TimeSpan atMost, CancellationToken cancellation)
    {
        var started = _clock.GetTimestamp();
        while (true)
        {
            var late = (await OthersAsync(cancellation).ConfigureAwait(false))
                .Where(n => !(n.Served.FirstOrDefault(s => s.Deployment == deployment.Name)?.Revision >= deployment.Revision))
                .Select(n => n.Node).ToImmutableArray();
            if (late.IsEmpty || _clock.GetElapsedTime(started) > atMost)
                return late;
            await Task.Delay(LookAgain, _clock, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The reports of the other nodes that live.</summary>
    private async Task<ImmutableArray<NodeReport>> OthersAsync(CancellationToken cancellation)
    {
        var all = await _board.ListAsync(cancellation).ConfigureAwait(false);
        foreach (var gone in _heard.Keys.Except(all.Select(n => n.Node)))
            _heard.TryRemove(gone, out _);
        return [.. all.Where(n => n.Node != Node && Lives(n)).OrderBy(n => n.Node, StringComparer.Ordinal)];
    }

    private bool Lives(NodeReport report)
    {
        if (_heard.TryGetValue(report.Node, out var known) && known.Report == report.SeenAt)
            return _clock.GetElapsedTime(known.Heard) < NodeReport.Life;
        // A report that is old when it is first seen is of a node that has gone; if its clock is wrong, its next one will be another.
        var age = _clock.GetUtcNow() - report.SeenAt;
        var isOld = known == default && age >= NodeReport.Life;
        _heard[report.Node] = (report.SeenAt, isOld ? _clock.GetTimestamp() - (long)(NodeReport.Life.TotalSeconds * _clock.TimestampFrequency) : _clock.GetTimestamp());
        return !isOld;
    }

    /// <summary>Loads what the store says and publishes it if the store still says so.</summary>
    private async Task BringAsync(Deployment deployment, CancellationToken cancellation)
    {
        if (!_pool.Fits(deployment.Plan) && _pool.Find(deployment.Name)?.LoadedAt is null)
        {
            await PublishAsync(deployment, () => _pool.Register(deployment.Name, deployment.Plan, deployment.Revision), cancellation).ConfigureAwait(false);
            return;
        }

        try
        {
            using var prepared = await PrepareAsync(deployment.Name, deployment.Plan, tolerant: true, cancellation).ConfigureAwait(false);
            await PublishAsync(deployment, () => _pool.Publish(deployment.Name, prepared, deployment.Revision), cancellation).ConfigureAwait(false);
            if (_pool.Find(deployment.Name)?.Arms.FirstOrDefault(a => a.Error is not null) is { } missing)
                Fail(deployment, $"The arm '{missing.Name}' is not loaded: {missing.Error}");
        }
        catch (DeploymentException e)
        {
            Fail(deployment, e.Message);
        }
    }

    private async Task PublishAsync(Deployment deployment, Action publish, CancellationToken cancellation)
    {
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var now = await _store.FindAsync(deployment.Name, cancellation).ConfigureAwait(false);
            if (now is null || now.Revision != deployment.Revision || now.Hash != deployment.Hash || IsServed(now))
                return;
            publish();
            _failures.TryRemove(deployment.Name, out _);
        }
        finally
        {
            _commit.Release();
        }
    }

    private async Task DropAsync(string name, CancellationToken cancellation)
    {
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (await _store.FindAsync(name, cancellation).ConfigureAwait(false) is null)
                _pool.Remove(name);
        }
        finally
        {
            _commit.Release();
        }
    }

    private void Fail(Deployment deployment, string reason)
    {
        var isNew = !_failures.TryGetValue(deployment.Name, out var known) || !known.IsOf(deployment);
        _failures[deployment.Name] = new Failure(deployment.Revision, deployment.Hash, reason, _clock.GetUtcNow());
        if (isNew)
            Notice(DeploymentEventKind.LoadFailed, deployment.Name, reason);
    }

    private DeploymentStatus Status(Deployment deployment, ImmutableArray<NodeReport> others)
    {
        var served = _pool.Find(deployment.Name);
        var error = _failures.TryGetValue(deployment.Name, out var failure) && failure.IsOf(deployment)
            ? failure.Message
            : served is { LoadedAt: null } ? served.Arms.FirstOrDefault(a => a.Error is not null)?.Error : null;
        return new DeploymentStatus(deployment, served, error)
        {
            Nodes =
            [
                new NodeDeployment(Node, _clock.GetUtcNow(), served, error),
                .. others.Select(n => new NodeDeployment(
                    n.Node, n.SeenAt, n.Served.FirstOrDefault(s => s.Deployment == deployment.Name), n.Errors.GetValueOrDefault(deployment.Name))),
            ],
        };
    }

    private bool IsServed(Deployment deployment) =>
        _pool.Find(deployment.Name) is { } served && served.Revision == deployment.Revision && served.Arms.All(a => a.Error is null || served.LoadedAt is null)
        && served.Arms.Select(a => a.Version.Hash).SequenceEqual(deployment.Plan.Arms.Select(a => a.Hash));

    private bool FailedLately(Deployment deployment) =>
        _failures.TryGetValue(deployment.Name, out var failure) && failure.IsOf(deployment) && _clock.GetUtcNow() - failure.At < RetryAfter;

    private sealed record Failure(int Revision, string Hash, string Message, DateTimeOffset At)
    {
        public bool IsOf(Deployment deployment) => Revision == deployment.Revision && Hash == deployment.Hash;
    }
}
