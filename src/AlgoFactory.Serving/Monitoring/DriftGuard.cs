using System.Collections.Concurrent;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Rollouts;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// Takes a plan back whose challenger drifts by a report since the plan began. Where the first arm drifts as well, callers send
/// other rows than before, which going back to that arm does not mend: that is for a person.
/// </summary>
public sealed class DriftGuard(DriftStatus drift, TimeProvider clock) : IRolloutGuard
{
    /// <summary>Reports are hourly; plans are judged every second.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (int Revision, DateTimeOffset At)> _looked = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async ValueTask<string?> JudgeAsync(Deployment deployment, LivePlan live, CancellationToken cancellation)
    {
        if (live.Plan.Guard is not { OnDrift: true })
            return null;
        var now = clock.GetUtcNow();
        if (_looked.TryGetValue(deployment.Name, out var last) && last.Revision == deployment.Revision && now - last.At < Pause)
            return null;
        _looked[deployment.Name] = (deployment.Revision, now);
        var arms = live.Plan.Arms;
        if (arms.Length > 1 && await DriftsAsync(arms[0]).ConfigureAwait(false))
            return null;
        foreach (var arm in arms.Length == 1 ? arms : arms.RemoveAt(0))
            if (await DriftsAsync(arm).ConfigureAwait(false))
                return $"The newest drift report of {arm.Model}/{arm.Version} ('{arm.Name}') says that it drifts.";
        return null;

        async Task<bool> DriftsAsync(PlanArm arm) =>
            await drift.IsDriftingAsync(deployment.Name, arm.Model, arm.Version, deployment.ChangedAt, cancellation).ConfigureAwait(false) == true;
    }
}
