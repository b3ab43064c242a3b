using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Rollouts;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// A deployment's plan as this node serves it: one immutable snapshot with its loaded versions. A request captures it once, so
/// that it never sees half of a change.
/// </summary>
public sealed class LivePlan
{
    private readonly long _salt;

    internal LivePlan(string deployment, TrafficPlan plan, int revision, ImmutableArray<LiveArm> arms)
    {
        Deployment = deployment;
        Plan = plan;
        Revision = revision;
        Arms = arms;
        First = arms.IndexOf(arms.First(a => a.Generation is not null));
        _salt = (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(deployment));
    }

    /// <summary>The deployment's name.</summary>
    public string Deployment { get; }

    /// <summary>The plan.</summary>
    public TrafficPlan Plan { get; }

    /// <summary>The deployment's revision; 0 where there is none.</summary>
    public int Revision { get; }

    /// <summary>The plan's arms, in its order.</summary>
    public ImmutableArray<LiveArm> Arms { get; }

    /// <summary>The first arm that is loaded here.</summary>
    internal int First { get; }

    internal long Bytes => Arms.Sum(a => a.Generation?.Bytes ?? 0);

    /// <summary>
    /// The arm of a key: always the same one while the arms' shares stay, and a challenger whose share grows keeps the keys it
    /// has. No state is kept: the key is hashed (XXH3, salted with the deployment's name, so that one deployment's first 5 % are
    /// not another's) into [0, 1), where the challengers take their shares from 0 on and the first arm takes the rest.
    /// </summary>
    /// <param name="key">UTF-8; empty: a key of its own for each call.</param>
    public int Choose(ReadOnlySpan<byte> key)
    {
        if (Plan.Kind is not (PlanKind.Canary or PlanKind.Ab))
            return 0;
        var at = key.IsEmpty ? Random.Shared.NextDouble() : (XxHash3.HashToUInt64(key, _salt) >> 11) * (1.0 / (1UL << 53));
        for (var arm = 1; arm < Arms.Length; arm++)
        {
            at -= Arms[arm].Arm.Share;
            if (at < 0)
                return arm;
        }

        return 0;
    }

    /// <summary>The plan was replaced: its versions close, except those that the next one holds too.</summary>
    internal void LetGo()
    {
        foreach (var arm in Arms)
            arm.Generation?.LetGo();
    }

    /// <summary>
    /// Rents an arm, or null: it is not loaded here, or the plan was replaced meanwhile (rent from the new one). Dispose the lease.
    /// </summary>
    public PredictionLease? Rent(int arm) =>
        Arms[arm].Generation is { } generation && generation.TryAcquire() ? new PredictionLease(generation, Plan.Routes ? this : null, arm) : null;
}

/// <summary>An arm of a plan as this node serves it.</summary>
public sealed class LiveArm
{
    /// <summary>Predictions that may go on unheard after their time was up; with more the arm is not asked.</summary>
    public const int MaxLate = 16;

    private int _late;

    internal LiveArm(PlanArm arm, Generation? generation, string? error, TimeProvider clock)
    {
        Arm = arm;
        Generation = generation;
        Error = error;
        Traffic = new ArmTraffic(clock);
    }

    /// <summary>The arm.</summary>
    public PlanArm Arm { get; }

    /// <summary>Why it is not loaded here; null when it is.</summary>
    public string? Error { get; }

    /// <summary>What it answered since the plan began.</summary>
    public ArmTraffic Traffic { get; }

    /// <summary>Whether so many late predictions are still under way that another one would only add to them.</summary>
    public bool IsStuck => Volatile.Read(ref _late) >= MaxLate;

    internal Generation? Generation { get; }

    /// <summary>A prediction's time is up, and it goes on.</summary>
    public void BeLate() => Interlocked.Increment(ref _late);

    /// <summary>A late prediction has ended.</summary>
    public void EndLate() => Interlocked.Decrement(ref _late);
}

/// <summary>A plan whose versions are loaded and warmed but do not serve yet. Publish it to a pool, or dispose it.</summary>
public sealed class PreparedPlan : IDisposable
{
    private LiveArm[]? _arms;

    internal PreparedPlan(TrafficPlan plan, LiveArm[] arms)
    {
        Plan = plan;
        _arms = arms;
        Hashes = [.. arms.Select(a => a.Generation?.Version.Hash ?? a.Arm.Hash)];
    }

    /// <summary>The plan.</summary>
    public TrafficPlan Plan { get; }

    /// <summary>The hashes of the files that were loaded, arm by arm.</summary>
    public ImmutableArray<string> Hashes { get; }

    internal ImmutableArray<LiveArm> Take() => [.. Interlocked.Exchange(ref _arms, null)
        ?? throw new ObjectDisposedException(nameof(PreparedPlan), "The plan was published or disposed already.")];

    /// <summary>Frees the versions unless they were published.</summary>
    public void Dispose()
    {
        foreach (var arm in Interlocked.Exchange(ref _arms, null) ?? [])
            arm.Generation?.LetGo();
    }
}
