using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>
/// Changes what serves: over the store (what should serve, with its history), the registry (the files) and the pool
/// (what this node serves). A change loads and warms the models first, then is saved, then published, so that what is
/// in the store has been seen to load. Thread-safe; several nodes may share a store.
/// </summary>
public sealed partial class DeploymentService : IDisposable
{
    /// <summary>The longest reason, in characters: a sentence or two, since every page of the deployment shows it.</summary>
    private const int MaxReasonLength = 500;

    private readonly IDeploymentStore _store;
    private readonly ModelRegistry _registry;
    private readonly PredictionEnginePool _pool;
    private readonly TimeProvider _clock;
    private readonly INodeBoard _board;
    private readonly ImmutableArray<IDeploymentObserver> _observers;

    // Saving and publishing are one step on this node, so that the pool sees changes in the store's order. Loading, which
    // takes long, happens outside.
    private readonly SemaphoreSlim _commit = new(1, 1);

    /// <summary>Creates the service. Call <see cref="SyncAsync"/> before the first request.</summary>
    public DeploymentService(
        IDeploymentStore store, ModelRegistry registry, PredictionEnginePool pool, TimeProvider? clock = null, INodeBoard? board = null,
        IEnumerable<IDeploymentObserver>? observers = null)
    {
        _store = store;
        _registry = registry;
        _pool = pool;
        _clock = clock ?? TimeProvider.System;
        _board = board ?? new LocalNodeBoard();
        _observers = [.. observers ?? []];
        pool.WakeFailed += (name, reason) => Notice(DeploymentEventKind.LoadFailed, name, reason);
    }

    /// <summary>Makes a version of a model serve a deployment, which is made if need be.</summary>
    /// <param name="name">The deployment's name.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="version">Its version; null: the newest whose file is whole.</param>
    /// <param name="by">The name of the key that asks.</param>
    /// <param name="reason">Words of the user; null: <c>deploy</c>.</param>
    /// <param name="cancellation">Gives up before the change is saved.</param>
    /// <exception cref="DeploymentException">There is no such version, it cannot serve, or another change came first.</exception>
    public Task<Deployment> DeployAsync(string name, string model, int? version, string by, string? reason, CancellationToken cancellation) =>
        DeployAsync(name, model, version, by, reason, null, cancellation);

    /// <summary>As the other, from the revision that the change was made for (0: there is no deployment yet); null: whatever there is.</summary>
    /// <exception cref="DeploymentException">There is no such version, it cannot serve, or another change came first.</exception>
    public async Task<Deployment> DeployAsync(
        string name, string model, int? version, string by, string? reason, int? expected, CancellationToken cancellation)
    {
        CheckWords(name, reason);
        var found = Version(model, version).Id;
        var stored = await StoredAsync(name, expected, cancellation).ConfigureAwait(false);
        var plan = TrafficPlan.Single(found.Name, found.Version, found.Hash) with { Pinned = stored?.Plan.Pinned ?? false };
        return await ChangeAsync(name, plan, stored, by, reason ?? "deploy", cancellation).ConfigureAwait(false);
    }

    /// <summary>Replaces a deployment's plan by one that was made from it, if it is still the present one.</summary>
    /// <exception cref="DeploymentException">A version cannot serve, or another change came first.</exception>
    internal Task<Deployment> ReplaceAsync(Deployment stored, TrafficPlan plan, string by, string reason, CancellationToken cancellation) =>
        ChangeAsync(stored.Name, plan, stored, by, reason.Length > MaxReasonLength ? reason[..MaxReasonLength] : reason, cancellation);

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
            if (all.FirstOrDefault(d => d.Plan.Arms.Any(a => a.Model == model && a.Version == version)) is { } user)
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

    /// <summary>The changes of a deployment, the newest first.</summary>
    /// <exception cref="DeploymentException">There is no such deployment.</exception>
    public async Task<ImmutableArray<Deployment>> HistoryAsync(string name, CancellationToken cancellation)
    {
        var history = await _store.HistoryAsync(name, cancellation).ConfigureAwait(false);
        return history.IsEmpty ? throw NoDeployment(name) : history;
    }

    /// <summary>Frees what waits in the service; the pool is its owner's to dispose.</summary>
    public void Dispose() => _commit.Dispose();

    private async Task<Deployment> ChangeAsync(
        string name, TrafficPlan plan, Deployment? stored, string by, string reason, CancellationToken cancellation)
    {
        using var prepared = await PrepareAsync(name, plan, tolerant: false, cancellation).ConfigureAwait(false);
        plan = prepared.Plan;
        var next = new Deployment(
            name, plan.Arms[0].Model, plan.Arms[0].Version, plan.Arms[0].Hash, (stored?.Revision ?? 0) + 1, _clock.GetUtcNow(), by)
        { Reason = reason, Plan = plan };
        await _commit.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            // One may have been deleted while they were loaded.
            foreach (var arm in plan.Arms)
                if (_registry.Find(arm.Model, arm.Version) is null)
                    throw new DeploymentException(DeploymentFault.NotFound, $"There is no version {arm.Version} of the model '{arm.Model}' any more.");
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

    private async Task<PreparedPlan> PrepareAsync(string name, TrafficPlan plan, bool tolerant, CancellationToken cancellation)
    {
        try
        {
            return await _pool.PrepareAsync(name, plan, tolerant, cancellation).ConfigureAwait(false);
        }
        catch (RegistryException e)
        {
            throw new DeploymentException(DeploymentFault.NotFound, e.Message, e);
        }
        catch (ArtefactFormatException e)
        {
            throw new DeploymentException(
                DeploymentFault.Invalid,
                plan.Arms is [var only] ? $"Version {only.Version} of the model '{only.Model}' cannot serve: {e.Message}" : $"A version cannot serve: {e.Message}", e);
        }
    }

    private RegisteredVersion Version(string model, int? version)
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
            ? found
            : throw new DeploymentException(DeploymentFault.Invalid, $"Version {found.Id.Version} of the model '{model}' cannot serve: {found.Error}");
    }

    private static void CheckWords(string name, string? reason)
    {
        if (!ModelNames.IsValid(name))
            throw new DeploymentException(DeploymentFault.Invalid, ModelNames.Refusal(name));
        if (reason?.Length > MaxReasonLength)
            throw new DeploymentException(DeploymentFault.Invalid, $"The reason has {reason.Length} characters; at most {MaxReasonLength} are kept.");
    }

    /// <summary>The deployment as the store has it, or null; it must be of the revision that is expected.</summary>
    private async Task<Deployment?> StoredAsync(string name, int? expected, CancellationToken cancellation)
    {
        var stored = await _store.FindAsync(name, cancellation).ConfigureAwait(false);
        return expected is null || expected == (stored?.Revision ?? 0)
            ? stored
            : throw new DeploymentException(
                DeploymentFault.Outdated,
                stored is null ? $"There is no deployment '{name}' any more: there was at revision {expected}."
                    : $"The deployment '{name}' is at revision {stored.Revision}, not {expected} any more; look at what was changed and try again.");
    }

    private async Task<Deployment> FindAsync(string name, CancellationToken cancellation) =>
        await _store.FindAsync(name, cancellation).ConfigureAwait(false) ?? throw NoDeployment(name);

    private void Notice(DeploymentEventKind kind, string name, string sentence)
    {
        foreach (var observer in _observers)
            observer.Notice(new DeploymentEvent(kind, name, sentence, _clock.GetUtcNow()));
    }

    private static DeploymentException NoDeployment(string name) =>
        new(DeploymentFault.NotFound, $"There is no deployment '{name}'.");
}
