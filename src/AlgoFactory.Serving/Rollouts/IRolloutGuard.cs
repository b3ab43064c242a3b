using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Rollouts;

/// <summary>
/// Watches plans that are being tried out, and says when one must be taken back. The seam for whatever else can tell a bad
/// version: drift, feedback, a business figure.
/// </summary>
public interface IRolloutGuard
{
    /// <summary>Judges a plan; asked every second or so on each node that serves it.</summary>
    /// <param name="deployment">The deployment with its plan.</param>
    /// <param name="live">The plan as this node serves it, with what its arms answered here.</param>
    /// <param name="cancellation">Stops judging.</param>
    /// <returns>Why the plan must be taken back, in one sentence; null: it may go on.</returns>
    ValueTask<string?> JudgeAsync(Deployment deployment, LivePlan live, CancellationToken cancellation);
}

/// <summary>Judges by the plan's <see cref="PlanGuard"/>: the share of failed requests, and the 95th percentile of the time to answer.</summary>
public sealed class TrafficGuard : IRolloutGuard
{
    /// <inheritdoc/>
    public ValueTask<string?> JudgeAsync(Deployment deployment, LivePlan live, CancellationToken cancellation)
    {
        if (live.Plan.Guard is not { } guard)
            return ValueTask.FromResult<string?>(null);
        // Of a plan of one version that one is on trial; of others all but the first.
        foreach (var arm in live.Arms.Length == 1 ? live.Arms : live.Arms.RemoveAt(0))
            if (Judge(guard, arm) is { } reason)
                return ValueTask.FromResult<string?>(reason);
        return ValueTask.FromResult<string?>(null);
    }

    private static string? Judge(PlanGuard guard, LiveArm arm)
    {
        var seen = arm.Traffic.Over(guard.WindowSeconds);
        if (seen.Requests < guard.MinRequests)
            return null;
        var of = $"of {arm.Arm.Model}/{arm.Arm.Version} ('{arm.Arm.Name}')";
        if (seen.ErrorRate > guard.MaxErrorRate)
            return FormattableString.Invariant($"{seen.ErrorRate * 100:0.##} % of the last {seen.Requests} requests {of} failed; at most {guard.MaxErrorRate * 100:0.##} % may.");
        return seen.P95Ms > guard.MaxP95Ms
            ? FormattableString.Invariant($"The 95th percentile of the time to answer {of} is {seen.P95Ms:0.##} ms over {seen.Requests} requests; at most {guard.MaxP95Ms:0.##} ms are allowed.")
            : null;
    }
}
