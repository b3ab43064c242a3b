using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>Makes a challenger serve: a change of the deployment like any other, which every node follows and one can roll back.</summary>
public sealed class ChallengerPromotion(IDeploymentStore deployments, ModelRegistry registry, IAuditLog audit, TimeProvider clock)
{
    /// <summary>Rejects a challenger that is not good enough; its version stays in the registry.</summary>
    /// <param name="retraining">The retraining, compared.</param>
    /// <param name="by">Who decided: a key's name, or <c>policy</c>.</param>
    /// <param name="cancellation">Gives up before it is noted.</param>
    public async Task<Retraining> RejectAsync(Retraining retraining, string by, CancellationToken cancellation)
    {
        await audit.AddAsync(
            new AuditEntry(clock.GetUtcNow(), by, "retraining.reject", retraining.Deployment, $"{retraining.Model}/{retraining.Challenger}, retraining {retraining.Id}{Found(retraining)}"),
            cancellation).ConfigureAwait(false);
        return retraining with { State = RetrainingState.Rejected, DecidedBy = by, EndedAt = clock.GetUtcNow() };
    }

    /// <summary>Promotes; the retraining as it is after that: promoted, rejected where the deployment has been changed meanwhile, or left waiting where its plan is not of one version.</summary>
    /// <param name="retraining">The retraining, with its challenger.</param>
    /// <param name="by">Who decided: a key's name, or <c>policy</c>.</param>
    /// <param name="cancellation">Gives up before the change.</param>
    public async Task<Retraining> PromoteAsync(Retraining retraining, string by, CancellationToken cancellation)
    {
        var stored = await deployments.FindAsync(retraining.Deployment, cancellation).ConfigureAwait(false);
        if (stored is null || stored.Model != retraining.Model || stored.Version != retraining.Version)
            return Rejected("The deployment was changed since the retraining began.");
        if (stored.Plan.Kind != PlanKind.Single)
            return retraining with { State = RetrainingState.Waiting, Message = "The deployment has a plan of several versions: give the challenger its place there by hand." };
        if (retraining.Challenger is not { } version || registry.Find(retraining.Model, version) is not { Error: null } found)
            return Rejected("The challenger's file is not there any more, or is broken.");
        var next = stored with
        {
            Version = version,
            Hash = found.Id.Hash,
            Revision = stored.Revision + 1,
            ChangedAt = clock.GetUtcNow(),
            ChangedBy = by,
            Reason = $"retrained ({retraining.Reason}{(retraining.Verdict == ChallengerVerdict.Undecided ? "; fresh data" : "")})",
            Plan = stored.Plan with { Arms = [stored.Plan.Arms[0] with { Version = version, Hash = found.Id.Hash }], Rollout = null },
        };
        if (!await deployments.SaveAsync(next, cancellation).ConfigureAwait(false))
            return Rejected("The deployment was changed at the same time.");
        await audit.AddAsync(
            new AuditEntry(clock.GetUtcNow(), by, "retraining.promote", retraining.Deployment, $"{retraining.Model}/{retraining.Version} → {retraining.Model}/{version}, retraining {retraining.Id}{Found(retraining)}"),
            CancellationToken.None).ConfigureAwait(false);
        var serves = $"Version {version} serves instead of version {retraining.Version}.";
        return retraining with
        {
            State = RetrainingState.Promoted,
            DecidedBy = by,
            EndedAt = clock.GetUtcNow(),
            Message = retraining.Verdict == ChallengerVerdict.None ? serves : $"{serves} {ChallengerComparison.Finding(retraining)}",
        };

        Retraining Rejected(string why) => retraining with { State = RetrainingState.Rejected, DecidedBy = by, EndedAt = clock.GetUtcNow(), Message = why };
    }

    private static string Found(Retraining retraining) => retraining.Verdict == ChallengerVerdict.None ? "" : $"; {ChallengerComparison.Scores(retraining)}";
}
