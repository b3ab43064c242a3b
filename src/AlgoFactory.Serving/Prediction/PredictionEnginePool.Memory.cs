using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>More models than fit into memory: who sleeps, and how it wakes.</summary>
public sealed partial class PredictionEnginePool
{
    private static readonly TimeSpan WakeAgainAfter = TimeSpan.FromSeconds(10);

    private long _woken;
    private long _wakesFailed;

    /// <summary>Deployments that slept and were loaded by a request, since the start.</summary>
    public long Woken => Interlocked.Read(ref _woken);

    /// <summary>Those that could not be loaded.</summary>
    public long WakesFailed => Interlocked.Read(ref _wakesFailed);

    /// <summary>Told when a sleeping deployment could not be loaded: the deployment and the reason.</summary>
    public event Action<string, string>? WakeFailed;

    /// <summary>As <see cref="Rent"/>, and loads what sleeps; many requests at once wait for one load.</summary>
    /// <exception cref="ModelAsleepException">It cannot be loaded; it is tried again some seconds later.</exception>
    public ValueTask<PredictionLease?> RentAsync(string deployment, CancellationToken cancellation) =>
        Rent(deployment) is { } lease ? ValueTask.FromResult<PredictionLease?>(lease) : WakeAndRentAsync(deployment, cancellation);

    /// <summary>Whether a plan's versions fit into the memory that is left beside what is loaded; true without a limit.</summary>
    public bool Fits(TrafficPlan plan) =>
        _options.MemoryBytes == 0 || plan.Pinned || Loaded() + plan.Arms.Sum(a => _size(a.Id)) <= _options.MemoryBytes;

    /// <summary>Makes a deployment known that is loaded with its first request.</summary>
    public void Register(string deployment, TrafficPlan plan, int revision)
    {
        lock (_changes)
        {
            var slot = SlotOf(deployment);
            slot.Exchange(null, plan, revision)?.LetGo();
            slot.Keep(null)?.LetGo();
        }
    }

    /// <summary>The bytes of the loaded models, about.</summary>
    public long Loaded() => _slots.Values.Sum(s => s.Bytes);

    /// <summary>Frees the replaced plans whose time is over; to be called now and then.</summary>
    public void FreeReplaced()
    {
        var freed = new List<LivePlan>();
        lock (_changes)
            foreach (var slot in _slots.Values)
                if (slot.Kept is not null && _clock.GetElapsedTime(slot.KeptSince) >= _options.KeepReplaced)
                    freed.Add(slot.Keep(null)!);
        freed.ForEach(p => p.LetGo());
    }

    /// <summary>Frees replaced plans first, then sends to sleep what was not asked for longest, until the rest fits; never what has just come, nor what is pinned.</summary>
    private void MakeRoom(string newest)
    {
        if (_options.MemoryBytes == 0)
            return;
        var freed = new List<LivePlan>();
        lock (_changes)
        {
            foreach (var slot in _slots.Values.Where(s => s.Kept is not null).OrderBy(s => s.KeptSince))
                if (Loaded() > _options.MemoryBytes)
                    freed.Add(slot.Keep(null)!);
            var loaded = Loaded();
            foreach (var (_, slot) in _slots.Where(s => s.Key != newest).OrderBy(s => s.Value.LastUsed))
            {
                if (loaded <= _options.MemoryBytes)
                    break;
                if (slot.Current is not { Plan.Pinned: false } plan)
                    continue;
                loaded -= plan.Bytes;
                freed.Add(slot.Exchange(null, slot.Known, slot.Revision)!);
            }
        }

        freed.ForEach(p => p.LetGo());
    }

    private async ValueTask<PredictionLease?> WakeAndRentAsync(string deployment, CancellationToken cancellation)
    {
        while (true)
        {
            if (!_slots.TryGetValue(deployment, out var slot))
                return null;
            Task waking;
            lock (_changes)
            {
                if (slot.Current is null && slot.Known is null)
                    return null;
                waking = slot.Current is not null ? Task.CompletedTask : slot.Waking ??= WakeAsync(deployment, slot);
            }

            await waking.WaitAsync(cancellation).ConfigureAwait(false);
            if (Rent(deployment) is { } lease)
                return lease;
        }
    }

    private async Task WakeAsync(string deployment, PoolSlot slot)
    {
        await Task.Yield(); // not under the lock
        var (plan, revision) = (slot.Known, slot.Revision);
        try
        {
            if (slot.Failure is { } failure && slot.FailedRevision == revision && _clock.GetElapsedTime(slot.FailedAt) < WakeAgainAfter)
                throw new ModelAsleepException(deployment, failure);
            if (plan is null)
                return;
            using var prepared = await PrepareAsync(deployment, plan, tolerant: true).ConfigureAwait(false);
            LivePlan? old = null;
            lock (_changes)
            {
                // Another plan, or none, may have come meanwhile.
                if (slot.Current is null && ReferenceEquals(slot.Known, plan))
                    old = slot.Exchange(new LivePlan(deployment, plan, revision, prepared.Take()), plan, revision);
                slot.Failure = null;
            }

            old?.LetGo();
            Interlocked.Increment(ref _woken);
            MakeRoom(deployment);
        }
        catch (Exception e) when (e is RegistryException or ArtefactFormatException or IOException or UnauthorizedAccessException)
        {
            (slot.FailedRevision, slot.FailedAt) = (revision, _clock.GetTimestamp());
            slot.Failure = e.Message;
            Interlocked.Increment(ref _wakesFailed);
            WakeFailed?.Invoke(deployment, e.Message);
            throw new ModelAsleepException(deployment, e.Message, e);
        }
        finally
        {
            lock (_changes)
                slot.Waking = null;
        }
    }
}
