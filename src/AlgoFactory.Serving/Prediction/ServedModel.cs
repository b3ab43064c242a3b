using System.Collections.Immutable;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Serving.Prediction;

/// <summary>What serves a deployment.</summary>
/// <param name="Deployment">The deployment's name.</param>
/// <param name="Version">The model version of the first arm.</param>
/// <param name="Revision">The deployment's revision; 0 when it was swapped without one.</param>
/// <param name="LoadedAt">Since when it is loaded; null: it sleeps until it is asked for.</param>
/// <param name="Leases">Requests in flight on it.</param>
public sealed record ServedModel(string Deployment, ModelVersion Version, int Revision, DateTimeOffset? LoadedAt, int Leases)
{
    /// <summary>All arms.</summary>
    public ImmutableArray<ServedArm> Arms { get; init; } = [];
}

/// <summary>An arm as a node serves it.</summary>
/// <param name="Name">The arm's name.</param>
/// <param name="Version">Its version.</param>
/// <param name="LoadedAt">Since when it is loaded; null: it is not.</param>
/// <param name="Leases">Requests in flight on it.</param>
/// <param name="Requests">Requests since the plan began, where the plan gives them to arms.</param>
/// <param name="Errors">Those that failed.</param>
/// <param name="Error">Why it is not loaded; null when all is well.</param>
public sealed record ServedArm(string Name, ModelVersion Version, DateTimeOffset? LoadedAt, int Leases, long Requests, long Errors, string? Error);
