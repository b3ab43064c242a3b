using System.Collections.Concurrent;
using System.Collections.Immutable;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Deployments;

/// <summary>What a node serves of a deployment.</summary>
/// <param name="Node">The node: its machine and process.</param>
/// <param name="SeenAt">When it said so.</param>
/// <param name="Served">What it serves: versions, hashes, since when they are loaded, requests in flight; null when nothing.</param>
/// <param name="Error">Why it does not serve what it should; null when all is well.</param>
public sealed record NodeDeployment(string Node, DateTimeOffset SeenAt, ServedModel? Served, string? Error);

/// <summary>What a node serves.</summary>
/// <param name="Node">The node: its machine and process.</param>
/// <param name="SeenAt">When it said so; a node that has been silent for <see cref="Life"/> is taken as gone.</param>
/// <param name="Served">Its deployments.</param>
/// <param name="Errors">Why it does not serve what it should, by deployment.</param>
public sealed record NodeReport(
    string Node, DateTimeOffset SeenAt, ImmutableArray<ServedModel> Served, ImmutableDictionary<string, string> Errors)
{
    /// <summary>How long a silent node is taken as living.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(10);
}

/// <summary>Where nodes tell each other what they serve.</summary>
public interface INodeBoard
{
    /// <summary>Puts a node's report over its last one.</summary>
    Task ReportAsync(NodeReport report, CancellationToken cancellation);

    /// <summary>The last report of each node, silent ones too.</summary>
    Task<ImmutableArray<NodeReport>> ListAsync(CancellationToken cancellation);

    /// <summary>A node ends, or was silent for long.</summary>
    Task RemoveAsync(string node, CancellationToken cancellation);
}

/// <summary>The board of a single node.</summary>
public sealed class LocalNodeBoard : INodeBoard
{
    private readonly ConcurrentDictionary<string, NodeReport> _reports = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public Task ReportAsync(NodeReport report, CancellationToken cancellation)
    {
        _reports[report.Node] = report;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<NodeReport>> ListAsync(CancellationToken cancellation) => Task.FromResult<ImmutableArray<NodeReport>>([.. _reports.Values]);

    /// <inheritdoc/>
    public Task RemoveAsync(string node, CancellationToken cancellation)
    {
        _reports.TryRemove(node, out _);
        return Task.CompletedTask;
    }
}

/// <summary>Tells when another process may have changed a deployment.</summary>
public interface IDeploymentSignal
{
    /// <summary>Returns when a deployment was changed, or after <paramref name="atMost"/>: whoever waits looks then anyway.</summary>
    Task WaitAsync(TimeSpan atMost, CancellationToken cancellation);
}
