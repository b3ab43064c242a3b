using AlgoFactory.Serving.Deployments;

namespace AlgoFactory.Serving.Prediction;

/// <summary>A deployment's place in the pool. All but a look at the current plan happens under the pool's lock.</summary>
internal sealed class PoolSlot(TimeProvider clock)
{
    private LivePlan? _current;
    private long _lastUsed = clock.GetTimestamp();

    public LivePlan? Current => Volatile.Read(ref _current);

    /// <summary>The plan that should serve, loaded or not.</summary>
    public TrafficPlan? Known { get; private set; }

    /// <summary>The deployment's revision that serves.</summary>
    public int Revision { get; private set; }

    public Task? Waking { get; set; }

    public string? Failure { get; set; }

    public long FailedAt { get; set; }

    public int FailedRevision { get; set; }

    /// <summary>The plan that served before, still loaded.</summary>
    public LivePlan? Kept { get; private set; }

    /// <summary>When <see cref="Kept"/> was replaced.</summary>
    public long KeptSince { get; private set; }

    /// <summary>When it was last asked for, by the clock's timestamps.</summary>
    public long LastUsed => Volatile.Read(ref _lastUsed);

    // To the tenth of a second: a write for each request would pass the line of memory from core to core.
    public void Touch()
    {
        var now = clock.GetTimestamp();
        if (now - Volatile.Read(ref _lastUsed) > clock.TimestampFrequency / 10)
            Volatile.Write(ref _lastUsed, now);
    }

    /// <summary>Keeps another plan, or none; returns the one that was kept.</summary>
    public LivePlan? Keep(LivePlan? plan, long since = 0)
    {
        var before = Kept;
        (Kept, KeptSince) = (plan, since);
        return before;
    }

    /// <summary>The loaded version of an arm, held once more; null when neither the present plan nor the one before has it.</summary>
    public Generation? Share(PlanArm arm) => (Current?.Arms ?? []).Concat(Kept?.Arms ?? [])
        .Select(a => a.Generation)
        .FirstOrDefault(g => g is not null && arm.Hash.Length > 0 && g.Version == arm.Id && g.TryHold());

    /// <summary>The bytes of what is loaded, about; a version that both plans hold counts once.</summary>
    public long Bytes => (Current?.Arms ?? []).Concat(Kept?.Arms ?? []).Select(a => a.Generation).Distinct().Sum(g => g?.Bytes ?? 0);

    public LivePlan? Exchange(LivePlan? next, TrafficPlan? known, int revision)
    {
        (Known, Revision) = (known, revision);
        if (next is not null)
            Volatile.Write(ref _lastUsed, clock.GetTimestamp());
        return Interlocked.Exchange(ref _current, next);
    }
}
