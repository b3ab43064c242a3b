using System.Collections.Immutable;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Deployments;

/// <summary>From plan to plan: another one, a challenger promoted, back to the one before.</summary>
public sealed partial class DeploymentService
{
    /// <summary>
    /// The versions, of whichever model, that can stand beside one in a plan: they take the same columns and give the same kind of
    /// answer. Those of its own model come first, and of each model the newest.
    /// </summary>
    /// <param name="model">The version's model.</param>
    /// <param name="version">The version.</param>
    public ImmutableArray<RegisteredVersion> Beside(string model, int version) => _registry.Find(model, version) is not { Manifest: not null } first
        ? []
        :
        [
            .. _registry.List().OrderBy(m => m.Name != model).ThenBy(m => m.Name, StringComparer.Ordinal)
                .SelectMany(m => m.Versions.Reverse())
                .Where(v => v.Manifest is not null && v.Id != first.Id && SameShape.Difference(first, v) is null),
        ];

    /// <summary>Gives a deployment, which is made if need be, another plan.</summary>
    /// <param name="name">The deployment's name.</param>
    /// <param name="asked">The plan.</param>
    /// <param name="by">The name of the key that asks.</param>
    /// <param name="reason">Words of the user; null: <c>plan</c>.</param>
    /// <param name="expected">The revision that the change was made for (0: there is no deployment yet); null: whatever there is.</param>
    /// <param name="cancellation">Gives up before the change is saved.</param>
    /// <exception cref="DeploymentException">It is no plan, a version is not there or cannot serve, or another change came first.</exception>
    public async Task<Deployment> PlanAsync(string name, PlanRequest asked, string by, string? reason, int? expected, CancellationToken cancellation)
    {
        CheckWords(name, reason);
        var stored = await StoredAsync(name, expected, cancellation).ConfigureAwait(false);
        var plan = PlanRules.Make(
            asked, arm => Version(arm.Model ?? stored?.Model ?? name, arm.Version), (stored?.Revision ?? 0) + 1, _clock.GetUtcNow());
        return await ChangeAsync(name, plan, stored, by, reason ?? "plan", cancellation).ConfigureAwait(false);
    }

    /// <summary>Makes a challenger the only version: now, or at a time.</summary>
    /// <param name="name">The deployment's name.</param>
    /// <param name="arm">The arm; null: the second one.</param>
    /// <param name="at">When; null: now. Only a canary can wait.</param>
    /// <param name="by">The name of the key that asks.</param>
    /// <param name="reason">Words of the user; null: <c>promote</c>.</param>
    /// <param name="expected">The revision that the change was made for; null: whatever there is.</param>
    /// <param name="cancellation">Gives up before the change is saved.</param>
    /// <exception cref="DeploymentException">There is no such arm, or another change came first.</exception>
    public async Task<Deployment> PromoteAsync(
        string name, string? arm, DateTimeOffset? at, string by, string? reason, int? expected, CancellationToken cancellation)
    {
        CheckWords(name, reason);
        var stored = await StoredAsync(name, expected, cancellation).ConfigureAwait(false) ?? throw NoDeployment(name);
        var arms = stored.Plan.Arms;
        var winner = arm is null ? arms.ElementAtOrDefault(1) : arms.FirstOrDefault(a => a.Name == arm);
        if (winner is null)
            throw new DeploymentException(
                arm is null ? DeploymentFault.Conflict : DeploymentFault.NotFound,
                arm is null ? $"The deployment '{name}' serves one version; there is no challenger to promote."
                    : $"The deployment '{name}' has no arm '{arm}'; it has {string.Join(", ", arms.Select(a => $"'{a.Name}'"))}.");
        if (at is not null && (stored.Plan.Kind != PlanKind.Canary || winner != arms[1]))
            throw new DeploymentException(DeploymentFault.Invalid, "Only the second version of a canary can be promoted at a time to come.");
        var plan = at is { } time
            ? stored.Plan with { Rollout = new Rollout([new RolloutStep(100, 0)], time, stored.Revision + 1) }
            : TrafficPlan.Single(winner.Model, winner.Version, winner.Hash) with { Pinned = stored.Plan.Pinned };
        return await ChangeAsync(name, plan, stored, by, reason ?? "promote", cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Goes back to the plan before the present one: the newest in the history that gives requests other ways, where the steps of
    /// a rollout count as one change. Rolling back twice therefore ends where it began.
    /// </summary>
    /// <exception cref="DeploymentException">There is no such deployment or no earlier plan, it cannot serve, or another change came first.</exception>
    public Task<Deployment> RollbackAsync(string name, string by, CancellationToken cancellation) =>
        RollbackAsync(name, by, null, null, cancellation);

    /// <summary>As the other, with words of the user and from the revision that the change was made for; null: whatever there is.</summary>
    /// <exception cref="DeploymentException">There is no such deployment or no earlier plan, it cannot serve, or another change came first.</exception>
    public async Task<Deployment> RollbackAsync(string name, string by, string? reason, int? expected, CancellationToken cancellation)
    {
        CheckWords(name, reason);
        var stored = await StoredAsync(name, expected, cancellation).ConfigureAwait(false) ?? throw NoDeployment(name);
        var history = await _store.HistoryAsync(name, cancellation).ConfigureAwait(false);
        var earlier = Earlier(stored, history) ?? throw new DeploymentException(
            DeploymentFault.Conflict, $"The deployment '{name}' has no earlier version to go back to.");
        foreach (var arm in earlier.Plan.Arms)
            _ = Version(arm.Model, arm.Version);
        return await ChangeAsync(name, earlier.Plan with { Rollout = null }, stored, by, reason ?? "rollback", cancellation).ConfigureAwait(false);
    }

    /// <summary>What a rollback would go back to; null when there is nothing.</summary>
    public static Deployment? Earlier(Deployment now, IEnumerable<Deployment> history) =>
        history.FirstOrDefault(d => d.Revision < (now.Plan.Rollout?.StartedRevision ?? now.Revision) && !d.Plan.RoutesAs(now.Plan));
}
