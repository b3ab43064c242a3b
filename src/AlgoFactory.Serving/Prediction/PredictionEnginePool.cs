using System.Collections.Frozen;
using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// The models that serve, by deployment. A rent takes no lock and waits for nothing; a swap loads and warms the new
/// version first and then publishes it with one write; requests in flight finish on the version they rented, which is
/// freed when its last lease returns.
/// </summary>
/// <remarks>A failed load throws and leaves what served before. Two versions are in memory while one replaces the other.</remarks>
public sealed class PredictionEnginePool : IDisposable
{
    private readonly Func<ModelVersion, ModelFile> _load;
    private readonly PoolOptions _options;
    private readonly TimeProvider _clock;
    private readonly Lock _changes = new();

    // The map is replaced as a whole when a deployment comes or goes, and never written to.
    private volatile FrozenDictionary<string, Slot> _slots = FrozenDictionary<string, Slot>.Empty;

    /// <summary>Creates an empty pool over a registry.</summary>
    public PredictionEnginePool(ModelRegistry registry, PoolOptions? options = null, TimeProvider? clock = null)
        : this(v => registry.Open(v.Name, v.Version, v.Hash), options, clock)
    {
    }

    internal PredictionEnginePool(Func<ModelVersion, ModelFile> load, PoolOptions? options = null, TimeProvider? clock = null)
    {
        _load = load;
        _options = options ?? new PoolOptions();
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Rents what serves a deployment, or null when there is no such deployment. Dispose the lease.</summary>
    public PredictionLease? Rent(string deployment)
    {
        if (!_slots.TryGetValue(deployment, out var slot))
            return null;
        // A generation closes only after its successor was published (or the deployment removed), so this ends.
        while (slot.Current is { } generation)
            if (generation.TryAcquire())
                return new PredictionLease(generation);
        return null;
    }

    /// <summary>Loads a version and warms it up, on another thread. Nothing serves it yet.</summary>
    /// <param name="version">The version; with a hash, the file must be the one of that hash.</param>
    /// <param name="cancellation">Gives up before the load begins or before the warm-up.</param>
    /// <exception cref="RegistryException">There is no such version.</exception>
    /// <exception cref="ArtefactFormatException">The file is broken, or the model fails on its warm-up rows.</exception>
    public Task<PreparedModel> PrepareAsync(ModelVersion version, CancellationToken cancellation = default) => Task.Run(
        () =>
        {
            var model = _load(version);
            cancellation.ThrowIfCancellationRequested();
            var recommender = WarmUp.Run(model, version);
            var binder = new RowBinder(model.Predictor.Schema, _options.PassThrough, _options.Limits);
            return new PreparedModel(new Generation(model, version with { Hash = model.Hash }, binder, recommender, _clock.GetUtcNow()));
        },
        cancellation);

    /// <summary>Makes a prepared model serve a deployment, from one request to the next. The deployment is made if need be.</summary>
    public void Publish(string deployment, PreparedModel prepared, int revision = 0)
    {
        var generation = prepared.Take();
        Generation? old;
        lock (_changes)
        {
            if (!_slots.TryGetValue(deployment, out var slot))
                _slots = With(deployment, slot = new Slot());
            slot.Revision = revision;
            old = slot.Exchange(generation);
        }

        old?.Close();
    }

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
        Generation? old;
        lock (_changes)
        {
            if (!_slots.TryGetValue(deployment, out var slot))
                return false;
            _slots = _slots.Where(s => s.Key != deployment).ToFrozenDictionary(StringComparer.Ordinal);
            old = slot.Exchange(null);
        }

        old?.Close();
        return true;
    }

    /// <summary>What serves now, by deployment.</summary>
    public ImmutableArray<ServedModel> List() =>
    [
        .. _slots.OrderBy(s => s.Key, StringComparer.Ordinal)
            .Select(s => (s.Key, s.Value.Revision, s.Value.Current))
            .Where(s => s.Current is not null)
            .Select(s => new ServedModel(s.Key, s.Current!.Version, s.Revision, s.Current.LoadedAt, s.Current.Leases)),
    ];

    /// <summary>What serves a deployment now, or null.</summary>
    public ServedModel? Find(string deployment) => _slots.TryGetValue(deployment, out var slot) && slot.Current is { } current
        ? new ServedModel(deployment, current.Version, slot.Revision, current.LoadedAt, current.Leases)
        : null;

    /// <summary>Stops serving all deployments; requests in flight finish.</summary>
    public void Dispose()
    {
        foreach (var deployment in _slots.Keys)
            Remove(deployment);
    }

    private FrozenDictionary<string, Slot> With(string deployment, Slot slot) =>
        _slots.Append(KeyValuePair.Create(deployment, slot)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>A deployment's place in the pool.</summary>
    private sealed class Slot
    {
        private Generation? _current;

        public Generation? Current => Volatile.Read(ref _current);

        /// <summary>The deployment's revision that serves; written under the pool's lock only.</summary>
        public int Revision { get; set; }

        public Generation? Exchange(Generation? next) => Interlocked.Exchange(ref _current, next);
    }
}

/// <summary>How a pool treats requests.</summary>
public sealed record PoolOptions
{
    /// <summary>Names that callers may send in rows beside the schema's.</summary>
    public ImmutableArray<string> PassThrough { get; init; } = [];

    /// <summary>What a request may hold.</summary>
    public RowLimits Limits { get; init; } = RowLimits.Default;
}

/// <summary>What serves a deployment.</summary>
/// <param name="Deployment">The deployment's name.</param>
/// <param name="Version">The model version.</param>
/// <param name="Revision">The deployment's revision; 0 when it was swapped without one.</param>
/// <param name="LoadedAt">Since when it is loaded.</param>
/// <param name="Leases">Requests in flight on it.</param>
public sealed record ServedModel(string Deployment, ModelVersion Version, int Revision, DateTimeOffset LoadedAt, int Leases);
