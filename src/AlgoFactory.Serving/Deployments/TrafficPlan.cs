using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>How a deployment's requests go to its versions.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PlanKind>))]
public enum PlanKind
{
    /// <summary>One version answers all.</summary>
    [JsonStringEnumMemberName("single")] Single,

    /// <summary>A share of the keys goes to a second version; the rest stays.</summary>
    [JsonStringEnumMemberName("canary")] Canary,

    /// <summary>Keys are split by weight, to be compared.</summary>
    [JsonStringEnumMemberName("ab")] Ab,

    /// <summary>The first version answers; the others predict the same rows, and are only compared.</summary>
    [JsonStringEnumMemberName("shadow")] Shadow,

    /// <summary>The first version answers; when it fails or is late the next one does, and at last a constant.</summary>
    [JsonStringEnumMemberName("fallback")] Fallback,
}

/// <summary>A version in a plan.</summary>
/// <param name="Name">The arm's name, as answers and metrics give it.</param>
/// <param name="Model">The model's name in the registry.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Share">
/// Canary and A/B: the share of requests in [0, 1] that it answers; of a shadow: that it sees as well. 1 for what answers all, 0
/// for what waits its turn.
/// </param>
public sealed record PlanArm(string Name, string Model, int Version, string Hash, double Share)
{
    /// <summary>The version with its hash.</summary>
    [JsonIgnore]
    public ModelVersion Id => new(Model, Version, Hash);
}

/// <summary>
/// Where a deployment's requests go. Immutable: a change is a new plan, which replaces the old one as a whole.
/// </summary>
/// <param name="Kind">How requests are given to the arms.</param>
/// <param name="Arms">The versions; the first one is what answers, stays, or is tried first.</param>
public sealed record TrafficPlan(PlanKind Kind, ImmutableArray<PlanArm> Arms)
{
    /// <summary>The arm of a plan of one version.</summary>
    public const string OnlyArm = "live";

    /// <summary>The arm that answers when all versions of a fallback have failed.</summary>
    public const string ConstantArm = "constant";

    /// <summary>Fallback: how long each version may take, in milliseconds; null: as long as the request may.</summary>
    public int? TimeoutMs { get; init; }

    /// <summary>Fallback: the class or the number that is answered when no version is; null: none, and the request fails.</summary>
    public string? Constant { get; init; }

    /// <summary>Whether the versions stay in memory when others need room.</summary>
    public bool Pinned { get; init; }

    /// <summary>When to go back by itself; null: never.</summary>
    public PlanGuard? Guard { get; init; }

    /// <summary>The steps to come; null: the plan stays as it is.</summary>
    public Rollout? Rollout { get; init; }

    /// <summary>A plan of one version.</summary>
    public static TrafficPlan Single(string model, int version, string hash) => new(PlanKind.Single, [new PlanArm(OnlyArm, model, version, hash, 1)]);

    /// <summary>Whether it is one version and nothing more: what a deployment has without a plan.</summary>
    [JsonIgnore]
    public bool IsPlain => Kind == PlanKind.Single && !Pinned && Guard is null && Rollout is null;

    /// <summary>Whether requests must be given to arms or counted; else the first arm simply answers.</summary>
    [JsonIgnore]
    public bool Routes => Kind != PlanKind.Single || Guard is not null;

    /// <summary>Whether requests go the same ways as under another plan, whatever its steps to come and its guard.</summary>
    public bool RoutesAs(TrafficPlan other) =>
        Kind == other.Kind && Arms.SequenceEqual(other.Arms) && TimeoutMs == other.TimeoutMs && Constant == other.Constant;

    /// <summary>By content.</summary>
    public bool Equals(TrafficPlan? other) =>
        other is not null && RoutesAs(other) && Pinned == other.Pinned && Equals(Guard, other.Guard) && Equals(Rollout, other.Rollout);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Arms.Length, Arms.FirstOrDefault(), TimeoutMs, Constant);
}

/// <summary>When a plan is taken back by itself: judged on each server over what its challenger answered there.</summary>
/// <param name="MaxErrorRate">The largest share of failed requests, in [0, 1]; null: not looked at.</param>
/// <param name="MaxP95Ms">The largest 95th percentile of the time to answer, in milliseconds; null: not looked at.</param>
/// <param name="MinRequests">Requests in the window before anything is judged.</param>
/// <param name="WindowSeconds">How far back it looks.</param>
/// <param name="OnDrift">Whether drift of the challenger, and not of the first arm, takes the plan back; by the hourly reports, whatever the window.</param>
public sealed record PlanGuard(double? MaxErrorRate = null, double? MaxP95Ms = null, int MinRequests = 100, int WindowSeconds = 300, bool OnDrift = false);

/// <summary>A step of a rollout.</summary>
/// <param name="Percent">The challenger's share afterwards; at 100 it is the only version.</param>
/// <param name="WaitSeconds">How long the plan stays as it is before the step is taken.</param>
public sealed record RolloutStep(double Percent, int WaitSeconds);

/// <summary>The steps by which a challenger takes over. Kept with the deployment, so that it survives restarts.</summary>
/// <param name="Remaining">The steps to come; empty: it has ended.</param>
/// <param name="NextAt">When the next one is due; null: none is.</param>
/// <param name="StartedRevision">The deployment's revision with which the rollout began.</param>
public sealed record Rollout(ImmutableArray<RolloutStep> Remaining, DateTimeOffset? NextAt, int StartedRevision)
{
    /// <summary>By content.</summary>
    public bool Equals(Rollout? other) =>
        other is not null && Remaining.SequenceEqual(other.Remaining) && NextAt == other.NextAt && StartedRevision == other.StartedRevision;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Remaining.Length, NextAt, StartedRevision);
}
