using System.Collections.Immutable;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>What one node answered for a deployment in one minute.</summary>
/// <param name="Node">The node.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Minute">The minute's beginning.</param>
/// <param name="Answered">Requests answered.</param>
/// <param name="Refused">Requests refused by the caller's fault.</param>
/// <param name="Failed">Requests failed by the server's fault.</param>
/// <param name="Rows">Rows predicted.</param>
/// <param name="P50">The median of the seconds to answer.</param>
/// <param name="P99">The 99th percentile.</param>
public sealed record TrafficMinute(string Node, string Deployment, DateTimeOffset Minute, long Answered, long Refused, long Failed, long Rows, double P50, double P99)
{
    /// <summary>Why the node does not serve what it should; null: it does.</summary>
    public string? LoadError { get; init; }

    /// <summary>Rows that were to be logged and could not.</summary>
    public long LogDropped { get; init; }
}

/// <summary>Keeps the minutes of all nodes.</summary>
public interface ITrafficStore
{
    /// <summary>Adds minutes; one that is there already is replaced.</summary>
    Task AddAsync(IReadOnlyList<TrafficMinute> minutes, CancellationToken cancellation);

    /// <summary>The minutes from a time on, the oldest first; of one deployment, or of all.</summary>
    Task<ImmutableArray<TrafficMinute>> ListAsync(string? deployment, DateTimeOffset from, CancellationToken cancellation);

    /// <summary>Removes minutes before a time.</summary>
    Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation);
}
