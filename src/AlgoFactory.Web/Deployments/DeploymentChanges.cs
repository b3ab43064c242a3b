using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Rollouts;
using AlgoFactory.Web.Access;

namespace AlgoFactory.Web.Deployments;

/// <summary>A deployment that was just changed.</summary>
/// <param name="Name">The deployment's name.</param>
/// <param name="Model">The model's name; of the plan's first arm, where it has several.</param>
/// <param name="Version">The version that serves.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Revision">1 for the first change, one more with each.</param>
/// <param name="ChangedAt">When it was changed.</param>
/// <param name="ChangedBy">The name of the key that changed it.</param>
/// <param name="Reason">Why.</param>
/// <param name="Plan">Where requests go.</param>
/// <param name="WaitingFor">Nodes that had not followed when this was answered: until they have, they may answer with what was before.</param>
public sealed record ChangedDeployment(
    string Name, string Model, int Version, string Hash, int Revision, DateTimeOffset ChangedAt, string ChangedBy, string Reason, TrafficPlan Plan,
    ImmutableArray<string> WaitingFor);

/// <summary>What every change of a deployment goes through: it is noted, and acknowledged when all nodes have followed.</summary>
public sealed class DeploymentChanges(DeploymentService deployments, IDeploymentStore store, Audit audit)
{
    /// <summary>How long an acknowledgement waits for nodes that do not follow.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Makes a change.</summary>
    /// <param name="user">Who asks.</param>
    /// <param name="action">What the audit log calls it.</param>
    /// <param name="name">The deployment.</param>
    /// <param name="change">Makes it, under the name of who asks.</param>
    /// <param name="cancellation">Stops waiting for the nodes; the change stays.</param>
    public async Task<ChangedDeployment> MakeAsync(
        ClaimsPrincipal user, string action, string name, Func<string, Task<Deployment>> change, CancellationToken cancellation)
    {
        var changed = await change(KeyIdentity.Name(user));
        var before = (await store.HistoryAsync(name, CancellationToken.None)).FirstOrDefault(d => d.Revision == changed.Revision - 1);
        await audit.NoteAsync(user, action, name, PlanText.Change(before, changed));
        var late = await deployments.WaitForNodesAsync(changed, Patience, cancellation);
        return new ChangedDeployment(
            changed.Name, changed.Model, changed.Version, changed.Hash, changed.Revision, changed.ChangedAt, changed.ChangedBy, changed.Reason,
            changed.Plan, late);
    }
}
