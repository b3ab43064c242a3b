using System.Collections.Immutable;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Deployments;

/// <summary>A deployment as it stands in the store and as the nodes serve it.</summary>
/// <param name="Deployment">What should serve.</param>
/// <param name="Served">What this node serves; null when nothing.</param>
/// <param name="Error">Why this node does not serve what it should; null when all is well or the change has not arrived yet.</param>
public sealed record DeploymentStatus(Deployment Deployment, ServedModel? Served, string? Error)
{
    /// <summary>Whether this node serves what it should.</summary>
    public bool IsHealthy => Error is null && Served is not null && Served.Version.Hash == Deployment.Hash;

    /// <summary>What each living node serves, this one first.</summary>
    public ImmutableArray<NodeDeployment> Nodes { get; init; } = [];
}
