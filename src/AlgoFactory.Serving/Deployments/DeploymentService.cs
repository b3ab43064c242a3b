using System.Collections.Concurrent;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>
/// Changes what serves: over the store (what should serve, with its history), the registry (the files) and the pool
/// (what this node serves). A change loads and warms the model first, then is saved, then published, so that what is
/// in the store has been seen to load. Thread-safe; several nodes may share a store.
/// </summary>
public sealed class DeploymentService : IDisposable
{
    /// <summary>A version that could not be loaded is tried again after this: its disk may have come back.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(1);

    /// <summary>The longest reason, in characters: a sentence or two, since every page of the deployment shows it.</summary>
    private const int MaxReasonLength = 500;

    private readonly IDeploymentStore _store;
    private readonly ModelRegistry _registry;
    private readonly PredictionEnginePool _pool;
    private readonly TimeProvider _clock;

    // Saving and publishing are one step on this node, so that the pool sees changes in the store's order. Loading, which
    // takes long, happens outside.
    private readonly SemaphoreSlim _commit = new(1, 1);
    private readonly ConcurrentDictionary<string, Failure> _failures = new(StringComparer.Ordinal);

    /// <summary>Creates the service. Call <see cref="SyncAsync"/> before the first request.</summary>
    public DeploymentService(IDeploymentStore store, ModelRegistry registry, PredictionEnginePool pool, TimeProvider? clock = null)
    {
        _store = store;
        _registry = registry;
        _pool = pool;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Makes a version of a model serve a deployment, which is made if need be.</summary>
    /// <param name="name">The deployment's name.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version; null: the newest whose file is whole.</param>
    /// <param name="by">The name of the key that asks.</param>
    /// <param name="reason">Words of the user; null: <c>deploy</c>.</param>
    /// <param name="cancellation">Gives up before the change is saved.</param>
    /// <exception cref="DeploymentException">There is no such version, it cannot serve, or another change came first.</exception>
    public async Task<Deployment> DeployAsync(string name, string model, int? version, string by, string? reason, CancellationToken cancellation)
    {
        if (!ModelNames.IsValid(name))
            throw new DeploymentException(DeploymentFault.Invalid, ModelNames.Refusal(name));
        if (reason?.Length > MaxReasonLength)
            throw new DeploymentException(DeploymentFault.Invalid, $"The reason has {reason.Length} characters; at most {MaxReasonLength} are kept.");
        var found = Version(model, version);
        var stored = await _store.FindAsync(name, cancellation).ConfigureAwait(false);
        return await ChangeAsync(name, found, stored, by, reason ?? "deploy", cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Makes the version serve that served before the present one: the newest different one in the history. Rolling
    /// back twice therefore ends where it began.
    /// </summary>
    /// <exception cref="DeploymentException">There is no such deployment or no earlier version, it cannot serve, or another change came first.</exception>
    public async Task<Deployment> RollbackAsync(string name, string by, CancellationToken cancellation)
    {
        var stored = await FindAsync(name, cancellation).ConfigureAwait(false);
        var history = await _store.HistoryAsync(name, cancellation).ConfigureAwait(false);
        var earlier = history.FirstOrDefault(d => d.Model != stored.Model || d.Version != stored.Version) ?? throw new DeploymentException(
            DeploymentFault.Conflict, $"The deployment '{name}' has no earlier version to go back to.");
        var version = Version(earlier.Model, earlier.Version);
        return await ChangeAsync(name, version with { Hash = earlier.Hash }, stored, by, "rollback", cancellation).ConfigureAwait(false);
    }

    /// <summary>Stops serving a deployment and forgets it with its history.</summary>
    /// <exception cref="DeploymentException">There is no such deployment.</exception>
    public async Task DeleteAsync(string name, CancellationToken cancellation)
    {
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (!await _store.DeleteAsync(name, cancellation).ConfigureAwait(false))
                throw NoDeployment(name);
            _pool.Remove(name);
            _failures.TryRemove(name, out _);
        }
        finally
        {
            _commit.Release();
        }
    }

    /// <summary>Deletes a version of a model from the registry, unless a deployment serves it.</summary>
    /// <exception cref="DeploymentException">There is no such version, or it is deployed.</exception>
    public async Task DeleteVersionAsync(string model, int version, CancellationToken cancellation)
    {
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var all = await _store.ListAsync(cancellation).ConfigureAwait(false);
            if (all.FirstOrDefault(d => d.Model == model && d.Version == version) is { } user)
                throw new DeploymentException(
                    DeploymentFault.Conflict,
                    $"Version {version} of the model '{model}' serves the deployment '{user.Name}'; deploy another version there first.");
            if (!ModelNames.IsValid(model) || !_registry.Delete(model, version))
                throw new DeploymentException(DeploymentFault.NotFound, $"There is no version {version} of the model '{model}'.");
        }
        finally
        {
            _commit.Release();
        }
    }

    /// <summary>All deployments with what this node serves of them, by name.</summary>
    public async Task<ImmutableArray<DeploymentStatus>> ListAsync(CancellationToken cancellation) =>
        [.. (await _store.ListAsync(cancellation).ConfigureAwait(false)).Select(Status)];

    /// <summary>One deployment with what this node serves of it.</summary>
    /// <exception cref="DeploymentException">There is no such deployment.</exception>
    public async Task<DeploymentStatus> ShowAsync(string name, CancellationToken cancellation) =>
        Status(await FindAsync(name, cancellation).ConfigureAwait(false));

    /// <summary>The changes of a deployment, the newest first.</summary>
    /// <exception cref="DeploymentException">There is no such deployment.</exception>
    public async Task<ImmutableArray<Deployment>> HistoryAsync(string name, CancellationToken cancellation)
    {
        var history = await _store.HistoryAsync(name, cancellation).ConfigureAwait(false);
        return history.IsEmpty ? throw NoDeployment(name) : history;
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
    }

    /// <summary>Frees what waits in the service; the pool is its owner's to dispose.</summary>
    public void Dispose() => _commit.Dispose();

    private async Task<Deployment> ChangeAsync(
        string name, ModelVersion version, Deployment? stored, string by, string reason, CancellationToken cancellation)
    {
        using var prepared = await PrepareAsync(version, cancellation).ConfigureAwait(false);
        var next = new Deployment(
            name, version.Name, version.Version, prepared.Version.Hash, (stored?.Revision ?? 0) + 1, _clock.GetUtcNow(), by)
        { Reason = reason };
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // It may have been deleted while it was loaded.
            if (_registry.Find(version.Name, version.Version) is null)
                throw new DeploymentException(DeploymentFault.NotFound, $"There is no version {version.Version} of the model '{version.Name}' any more.");
            if (!await _store.SaveAsync(next, cancellation).ConfigureAwait(false))
                throw new DeploymentException(
                    DeploymentFault.Conflict, $"The deployment '{name}' was changed by somebody else at the same time; look at it and try again.");
            _pool.Publish(name, prepared, next.Revision);
            _failures.TryRemove(name, out _);
            return next;
        }
        finally
        {
            _commit.Release();
        }
    }

    private async Task<PreparedModel> PrepareAsync(ModelVersion version, CancellationToken cancellation)
    {
        try
        {
            return await _pool.PrepareAsync(version, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e)
        {
            throw new DeploymentException(DeploymentFault.NotFound, e.Message, e);
        }
        catch (ArtefactFormatException e)
        {
            throw new DeploymentException(
                DeploymentFault.Invalid, $"Version {version.Version} of the model '{version.Name}' cannot serve: {e.Message}", e);
        }
    }

    /// <summary>Loads what the store says and publishes it if the store still says so.</summary>
    private async Task BringAsync(Deployment deployment, CancellationToken cancellation)
    {
        PreparedModel prepared;
        try
        {
            prepared = await PrepareAsync(new ModelVersion(deployment.Model, deployment.Version, deployment.Hash), cancellation).ConfigureAwait(false);
        }
        catch (DeploymentException e)
        {
            _failures[deployment.Name] = new Failure(deployment.Revision, deployment.Hash, e.Message, _clock.GetUtcNow());
            return;
        }

        using (prepared)
        {
            await _commit.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                var now = await _store.FindAsync(deployment.Name, cancellation).ConfigureAwait(false);
                if (now is null || now.Revision != deployment.Revision || now.Hash != deployment.Hash || IsServed(now))
                    return;
                _pool.Publish(deployment.Name, prepared, deployment.Revision);
                _failures.TryRemove(deployment.Name, out _);
            }
            finally
            {
                _commit.Release();
            }
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

    private ModelVersion Version(string model, int? version)
    {
        var found = version is { } number
            ? _registry.Find(model, number)
            : _registry.Find(model)?.Versions.LastOrDefault(v => v.Error is null);
        if (found is null)
            throw new DeploymentException(
                DeploymentFault.NotFound,
                !ModelNames.IsValid(model) ? ModelNames.Refusal(model)
                : version is null ? $"There is no model '{model}'." : $"There is no version {version} of the model '{model}'.");
        return found.Error is null
            ? found.Id
            : throw new DeploymentException(DeploymentFault.Invalid, $"Version {found.Id.Version} of the model '{model}' cannot serve: {found.Error}");
    }

    private async Task<Deployment> FindAsync(string name, CancellationToken cancellation) =>
        await _store.FindAsync(name, cancellation).ConfigureAwait(false) ?? throw NoDeployment(name);

    private DeploymentStatus Status(Deployment deployment) => new(
        deployment,
        _pool.Find(deployment.Name),
        _failures.TryGetValue(deployment.Name, out var failure) && failure.Revision == deployment.Revision && failure.Hash == deployment.Hash
            ? failure.Message
            : null);

    private bool IsServed(Deployment deployment) =>
        _pool.Find(deployment.Name) is { } served && served.Revision == deployment.Revision && served.Version.Hash == deployment.Hash;

    private bool FailedLately(Deployment deployment) =>
        _failures.TryGetValue(deployment.Name, out var failure)
        && failure.Revision == deployment.Revision && failure.Hash == deployment.Hash
        && _clock.GetUtcNow() - failure.At < RetryAfter;

    private static DeploymentException NoDeployment(string name) =>
        new(DeploymentFault.NotFound, $"There is no deployment '{name}'.");

    private sealed record Failure(int Revision, string Hash, string Message, DateTimeOffset At);
}
