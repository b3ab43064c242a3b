using System.Collections.Frozen;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// The models that serve, by deployment. A rent takes no lock and waits for nothing; a change loads and warms the new
/// versions first and then publishes the plan with one write; requests in flight finish on the version they rented, which is
/// freed when no plan holds it and its last lease returns.
/// </summary>
/// <remarks>
/// A failed load throws and leaves what served before. Old and new versions are in memory while one replaces the other. With a
/// <see cref="PoolOptions.MemoryBytes"/>, deployments that were not asked for lately sleep: they are known, and loaded by the next
/// request (<see cref="RentAsync"/>). With <see cref="PoolOptions.KeepReplaced"/> the plan before stays loaded for a while, so that
/// a rollback takes no longer than a write.
/// </remarks>
public sealed partial class PredictionEnginePool : IDisposable
{
    private readonly Func<ModelVersion, ModelFile> _load;
    private readonly Func<ModelVersion, long> _size;
    private readonly PoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _changes = new();

    // The map is replaced as a whole when a deployment comes or goes, and never written to.
    private volatile FrozenDictionary<string, PoolSlot> _slots = FrozenDictionary<string, PoolSlot>.Empty;

    /// <summary>Creates an empty pool over a registry.</summary>
    public PredictionEnginePool(ModelRegistry registry, PoolOptions? options = null, TimeProvider? clock = null)
        : this(v => registry.Open(v.Name, v.Version, v.Hash), options, clock, v => registry.Find(v.Name, v.Version)?.MemoryBytes ?? 0)
    {
    }

    internal PredictionEnginePool(
        Func<ModelVersion, ModelFile> load, PoolOptions? options = null, TimeProvider? clock = null, Func<ModelVersion, long>? size = null)
    {
        _load = load;
        _size = size ?? (_ => 0);
        _options = options ?? new PoolOptions();
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>
    /// Rents what serves a deployment: its first arm. Null when there is no such deployment, or it sleeps. Dispose the lease.
    /// </summary>
    public PredictionLease? Rent(string deployment)
    {
        if (!_slots.TryGetValue(deployment, out var slot))
            return null;
        // A generation closes only after its successor was published (or the deployment removed), so this ends.
        while (slot.Current is { } plan)
            if (plan.Rent(plan.First) is { } lease)
            {
                if (_options.MemoryBytes > 0)
                    slot.Touch();
                return lease;
            }

        return null;
    }

    /// <summary>Loads a version and warms it up, on another thread. Nothing serves it yet.</summary>
    /// <param name="version">The version; with a hash, the file must be the one of that hash.</param>
    /// <param name="cancellation">Gives up before the load begins or before the warm-up.</param>
    /// <exception cref="RegistryException">There is no such version.</exception>
    /// <exception cref="ArtefactFormatException">The file is broken, or the model fails on its warm-up rows.</exception>
    public async Task<PreparedModel> PrepareAsync(ModelVersion version, CancellationToken cancellation = default) =>
        new(await LoadAsync(version, cancellation).ConfigureAwait(false));

    /// <summary>Loads and warms the versions of a plan; those that the deployment serves already are shared.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="plan">Its next plan.</param>
    /// <param name="tolerant">
    /// Whether an arm may be left out that cannot be loaded, as long as requests still find an answer: any of a fallback's, else
    /// any but the first.
    /// </param>
    /// <param name="cancellation">Gives up before the next load or warm-up.</param>
    /// <exception cref="RegistryException">There is no such version.</exception>
    /// <exception cref="ArtefactFormatException">A file is broken, or a model fails on its warm-up rows.</exception>
    public async Task<PreparedPlan> PrepareAsync(string deployment, TrafficPlan plan, bool tolerant = false, CancellationToken cancellation = default)
    {
        var arms = new LiveArm[plan.Arms.Length];
        Exception? last = null;
        try
        {
            for (var i = 0; i < arms.Length; i++)
            {
                var arm = plan.Arms[i];
                try
                {
                    arms[i] = Arm(arm, plan, Share(deployment, arm) ?? await LoadAsync(arm.Id, cancellation).ConfigureAwait(false), null);
                }
                catch (Exception e) when (tolerant && (i > 0 || plan.Kind == PlanKind.Fallback) && e is RegistryException or ArtefactFormatException)
                {
                    arms[i] = Arm(arm, plan, null, e.Message);
                    last = e;
                }
            }

            if (arms.All(a => a.Generation is null))
                throw last!;
            return new PreparedPlan(plan, arms);
        }
        catch
        {
            foreach (var arm in arms)
                arm?.Generation?.LetGo();
            throw;
        }
    }

    /// <summary>Makes a prepared model serve a deployment, from one request to the next. The deployment is made if need be.</summary>
    public void Publish(string deployment, PreparedModel prepared, int revision = 0)
    {
        var generation = prepared.Take();
        var plan = TrafficPlan.Single(generation.Version.Name, generation.Version.Version, generation.Version.Hash);
        Publish(deployment, plan, [Arm(plan.Arms[0], plan, generation, null)], revision);
    }

    /// <summary>Makes a prepared plan serve a deployment, from one request to the next. The deployment is made if need be.</summary>
    public void Publish(string deployment, PreparedPlan prepared, int revision = 0) => Publish(deployment, prepared.Plan, prepared.Take(), revision);

    /// <summary>Loads, warms and publishes a version. After a failure what served before still serves.</summary>
    /// <exception cref="RegistryException">There is no such version.</exception>
    /// <exception cref="ArtefactFormatException">The file is broken, or the model fails on its warm-up rows.</exception>
    public async Task SwapAsync(string deployment, ModelVersion next, CancellationToken cancellation = default)
    {
        using var prepared = await PrepareAsync(next, cancellation).ConfigureAwait(false);
        Publish(deployment, prepared);
    }

    /// <summary>Stops serving a deployment; requests in flight finish. False when there was none.</summary>
    public bool Remove(string deployment)
    {
        LivePlan? old, kept;
        lock (_changes)
        {
            if (!_slots.TryGetValue(deployment, out var slot))
                return false;
            _slots = _slots.Where(s => s.Key != deployment).ToFrozenDictionary(StringComparer.Ordinal);
            (old, kept) = (slot.Exchange(null, null, 0), slot.Keep(null));
        }

        old?.LetGo();
        kept?.LetGo();
        return true;
    }

    /// <summary>What serves now, sleeping deployments too, by deployment.</summary>
    public ImmutableArray<ServedModel> List() =>
        [.. _slots.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => Served(s.Key, s.Value)).OfType<ServedModel>()];

    /// <summary>What serves a deployment now, or null.</summary>
    public ServedModel? Find(string deployment) => _slots.TryGetValue(deployment, out var slot) ? Served(deployment, slot) : null;

    /// <summary>A deployment's plan as it is served; null when there is none, or it sleeps.</summary>
    public LivePlan? Plan(string deployment) => _slots.TryGetValue(deployment, out var slot) ? slot.Current : null;

    /// <summary>Stops serving all deployments; requests in flight finish.</summary>
    public void Dispose()
    {
        foreach (var deployment in _slots.Keys)
            Remove(deployment);
    }

    private Task<Generation> LoadAsync(ModelVersion version, CancellationToken cancellation) => Task.Run(
        () =>
        {
            cancellation.ThrowIfCancellationRequested();
            var model = _load(version);
            cancellation.ThrowIfCancellationRequested();
            var recommender = WarmUp.Run(model, version);
            var binder = new RowBinder(model.Predictor.Schema, _options.PassThrough, _options.Limits);
            return new Generation(model, version with { Hash = model.Hash }, binder, recommender, _clock.GetUtcNow(), _size(version));
        },
        cancellation);

    private LiveArm Arm(PlanArm arm, TrafficPlan plan, Generation? generation, string? error)
    {
        var live = new LiveArm(arm, generation, error, _clock);
        if (plan.Guard is { } guard)
            live.Traffic.Watch(guard.WindowSeconds);
        return live;
    }

    /// <summary>The loaded version of an arm that the deployment has already, held once more.</summary>
    private Generation? Share(string deployment, PlanArm arm)
    {
        lock (_changes)
            return _slots.TryGetValue(deployment, out var slot) ? slot.Share(arm) : null;
    }

    private void Publish(string deployment, TrafficPlan plan, ImmutableArray<LiveArm> arms, int revision)
    {
        LivePlan? gone;
        lock (_changes)
        {
            var slot = SlotOf(deployment);
            gone = slot.Exchange(new LivePlan(deployment, plan, revision, arms), plan, revision);
            if (gone is not null && _options.KeepReplaced > TimeSpan.Zero)
                gone = slot.Keep(gone, _clock.GetTimestamp());
        }

        gone?.LetGo();
        MakeRoom(deployment);
    }

    // Held: the changes.
    private PoolSlot SlotOf(string deployment)
    {
        if (!_slots.TryGetValue(deployment, out var slot))
            _slots = _slots.Append(KeyValuePair.Create(deployment, slot = new PoolSlot(_clock))).ToFrozenDictionary(StringComparer.Ordinal);
        return slot;
    }

    private static ServedModel? Served(string deployment, PoolSlot slot)
    {
        var (current, known, revision) = (slot.Current, slot.Known, slot.Revision);
        if (current is not null)
        {
            var first = current.Arms[current.First].Generation!;
            return new ServedModel(deployment, first.Version, current.Revision, first.LoadedAt, current.Arms.Sum(a => a.Generation?.Leases ?? 0))
            {
                Arms = [.. current.Arms.Select(a => new ServedArm(
                    a.Arm.Name, a.Arm.Id, a.Generation?.LoadedAt, a.Generation?.Leases ?? 0, a.Traffic.Requests, a.Traffic.Errors, a.Error))],
            };
        }

        return known is null ? null : new ServedModel(deployment, known.Arms[0].Id, revision, null, 0)
        {
            Arms = [.. known.Arms.Select(a => new ServedArm(a.Name, a.Id, null, 0, 0, 0, slot.Failure))],
        };
    }
}
