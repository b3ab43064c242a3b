using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Rollouts;

/// <summary>
/// Takes the steps of rollouts when they are due, and takes plans back that a guard finds bad. What is to come stands in the
/// deployment itself, so a restart loses nothing, and a change by hand ends it. Every node runs this: a step is a change like any
/// other, of which the store lets exactly one node's win.
/// </summary>
public sealed class RolloutService(
    IDeploymentStore store, DeploymentService deployments, PredictionEnginePool pool, IAuditLog audit, IEnumerable<IRolloutGuard> guards,
    TimeProvider clock, IEnumerable<IDeploymentObserver>? observers = null)
{
    /// <summary>Who changed a deployment when a step was due.</summary>
    public const string Rollout = "rollout";

    /// <summary>Who changed a deployment when a guard found it bad.</summary>
    public const string Guard = "guard";

    private readonly ImmutableArray<IRolloutGuard> _guards = [.. guards];
    private readonly ImmutableArray<IDeploymentObserver> _observers = [.. observers ?? []];

    /// <summary>Does what is due now.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var deployment in await store.ListAsync(cancellation).ConfigureAwait(false))
        {
            if (deployment.Plan is { Rollout: null, Routes: false })
                continue;
            // Judged first: a bad version gets no further step.
            if (await JudgeAsync(deployment, cancellation).ConfigureAwait(false) is { } reason)
                await TakeBackAsync(deployment, reason, cancellation).ConfigureAwait(false);
            else if (deployment.Plan.Rollout is { NextAt: { } due } && due <= clock.GetUtcNow())
                await StepAsync(deployment, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The plan after the next step of its rollout.</summary>
    internal static TrafficPlan Next(TrafficPlan plan, DateTimeOffset now)
    {
        var rollout = plan.Rollout!;
        var step = rollout.Remaining[0];
        var rest = rollout.Remaining.RemoveAt(0);
        var (stable, challenger) = (plan.Arms[0], plan.Arms[1]);
        // Counted from now: a step that came late, after a night without servers, does not shorten the next wait.
        var ahead = rollout with { Remaining = rest, NextAt = rest.IsEmpty ? null : now + TimeSpan.FromSeconds(rest[0].WaitSeconds) };
        if (step.Percent >= 100)
            return TrafficPlan.Single(challenger.Model, challenger.Version, challenger.Hash) with
            {
                Pinned = plan.Pinned,
                Rollout = ahead with { Remaining = [], NextAt = null },
            };
        var share = step.Percent / 100;
        return plan with { Arms = [stable with { Share = 1 - share }, challenger with { Share = share }], Rollout = ahead };
    }

    private async Task<string?> JudgeAsync(Deployment deployment, CancellationToken cancellation)
    {
        // Only what this node serves as it stands in the store has been tried here.
        if (pool.Plan(deployment.Name) is not { } live || live.Revision != deployment.Revision || !live.Plan.Routes)
            return null;
        foreach (var guard in _guards)
            if (await guard.JudgeAsync(deployment, live, cancellation).ConfigureAwait(false) is { } reason)
                return reason;
        return null;
    }

    private async Task StepAsync(Deployment deployment, CancellationToken cancellation)
    {
        var next = Next(deployment.Plan, clock.GetUtcNow());
        var percent = next.Kind == PlanKind.Single ? 100 : next.Arms[1].Share * 100;
        var challenger = deployment.Plan.Arms[1];
        var reason = FormattableString.Invariant($"rollout: {challenger.Model}/{challenger.Version} to {percent:0.##} %");
        await ChangeAsync(deployment, next, Rollout, "deployment.step", reason, DeploymentEventKind.StepTaken, cancellation).ConfigureAwait(false);
    }

    private async Task TakeBackAsync(Deployment deployment, string reason, CancellationToken cancellation)
    {
        TrafficPlan back;
        if (deployment.Plan.Arms.Length > 1)
        {
            var first = deployment.Plan.Arms[0];
            back = TrafficPlan.Single(first.Model, first.Version, first.Hash) with { Pinned = deployment.Plan.Pinned };
        }
        else
        {
            var history = await store.HistoryAsync(deployment.Name, cancellation).ConfigureAwait(false);
            if (DeploymentService.Earlier(deployment, history) is not { } earlier)
                return; // There is nothing to go back to: what is bad still answers more than nothing.
            back = earlier.Plan with { Rollout = null, Guard = null };
        }

        await ChangeAsync(deployment, back, Guard, "deployment.rollback", reason, DeploymentEventKind.RolledBack, cancellation).ConfigureAwait(false);
    }

    private async Task ChangeAsync(
        Deployment old, TrafficPlan plan, string by, string action, string reason, DeploymentEventKind kind, CancellationToken cancellation)
    {
        try
        {
            var changed = await deployments.ReplaceAsync(old, plan, by, reason, cancellation).ConfigureAwait(false);
            await audit.AddAsync(new AuditEntry(changed.ChangedAt, by, action, old.Name, PlanText.Change(old, changed)), cancellation).ConfigureAwait(false);
            foreach (var observer in _observers)
                observer.Notice(new DeploymentEvent(kind, old.Name, reason, changed.ChangedAt));
        }
        catch (DeploymentException e) when (e.Fault is DeploymentFault.Conflict or DeploymentFault.Outdated)
        {
            // Another node took the step, or somebody changed the plan: the next look shows what there is now.
        }
        catch (DeploymentException e)
        {
            await PauseAsync(old, by, e.Message, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A version that cannot be loaded any more ends its rollout: the plan stays, and says why.</summary>
    private async Task PauseAsync(Deployment old, string by, string reason, CancellationToken cancellation)
    {
        foreach (var observer in _observers)
            observer.Notice(new DeploymentEvent(DeploymentEventKind.LoadFailed, old.Name, reason, clock.GetUtcNow()));
        if (old.Plan.Rollout is not { NextAt: not null } rollout)
            return;
        var stopped = old with
        {
            Revision = old.Revision + 1,
            ChangedAt = clock.GetUtcNow(),
            ChangedBy = by,
            Reason = $"The rollout has ended: {reason}" is var text && text.Length > 500 ? text[..500] : text,
            Plan = old.Plan with { Rollout = rollout with { Remaining = [], NextAt = null } },
        };
        await store.SaveAsync(stopped, cancellation).ConfigureAwait(false);
    }
}

/// <summary>Plans in a few words, for the audit log and people.</summary>
public static class PlanText
{
    /// <summary>From what to what a deployment was changed.</summary>
    public static string Change(Deployment? old, Deployment to) => $"{(old is null ? "" : $"from {Of(old.Plan)} ")}to {Of(to.Plan)}: {to.Reason}";

    /// <summary>A plan: <c>canary churn/3 95 %, churn/4 5 %</c>.</summary>
    public static string Of(TrafficPlan plan)
    {
        var arms = string.Join(", ", plan.Arms.Select((a, i) => plan.Kind is PlanKind.Canary or PlanKind.Ab || plan.Kind == PlanKind.Shadow && i > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{a.Model}/{a.Version} {a.Share * 100:0.##} %")
            : $"{a.Model}/{a.Version}"));
        return plan.Kind == PlanKind.Single ? arms
            : $"{plan.Kind.ToString().ToLowerInvariant()} {arms}{(plan.Constant is null ? "" : $", '{plan.Constant}'")}";
    }
}
