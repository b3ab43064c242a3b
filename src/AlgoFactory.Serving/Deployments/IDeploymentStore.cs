using System.Collections.Immutable;

namespace AlgoFactory.Serving.Deployments;

/// <summary>A name that answers predictions.</summary>
/// <param name="Name">The deployment's name.</param>
/// <param name="Model">The model's name in the registry; of the plan's first arm, where it has several.</param>
/// <param name="Version">The version that serves.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Revision">1 for the first change, one more with each.</param>
/// <param name="ChangedAt">When it was last changed.</param>
/// <param name="ChangedBy">The name of the key that changed it.</param>
public sealed record Deployment(string Name, string Model, int Version, string Hash, int Revision, DateTimeOffset ChangedAt, string ChangedBy)
{
    /// <summary>Why it was changed: <c>deploy</c>, <c>rollback</c> or words of the user.</summary>
    public string Reason { get; init; } = "deploy";

    /// <summary>Where requests go; without further ado, to the one version.</summary>
    public TrafficPlan Plan { get; init; } = TrafficPlan.Single(Model, Version, Hash);
}

/// <summary>Keeps deployments with their history.</summary>
public interface IDeploymentStore
{
    /// <summary>All deployments, by name.</summary>
    Task<ImmutableArray<Deployment>> ListAsync(CancellationToken cancellation);

    /// <summary>The deployment, or null.</summary>
    Task<Deployment?> FindAsync(string name, CancellationToken cancellation);

    /// <summary>
    /// Saves a deployment and appends it to its history, in one transaction. Fails (false) unless
    /// <see cref="Deployment.Revision"/> is one above the stored one (1 when there is none): two changes at once, one wins.
    /// </summary>
    Task<bool> SaveAsync(Deployment deployment, CancellationToken cancellation);

    /// <summary>The changes of a deployment, the newest first.</summary>
    Task<ImmutableArray<Deployment>> HistoryAsync(string name, CancellationToken cancellation);

    /// <summary>Removes a deployment and its history; false when there was none.</summary>
    Task<bool> DeleteAsync(string name, CancellationToken cancellation);
}
