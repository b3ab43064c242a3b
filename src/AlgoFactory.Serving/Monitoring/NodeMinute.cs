using System.Collections.Immutable;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>How one node's server fared in one minute, whatever it served.</summary>
/// <param name="Node">The node.</param>
/// <param name="Minute">The minute's beginning.</param>
public sealed record NodeMinute(string Node, DateTimeOffset Minute)
{
    /// <summary>The share of the cores that the server's process was busy on, 0 to 1; training is another process's.</summary>
    public double Cpu { get; init; }

    /// <summary>Bytes of the server's process that are in memory.</summary>
    public long WorkingSet { get; init; }

    /// <summary>Bytes in use by all that shares <see cref="MemoryLimit"/>, without what the system can take back; 0: not known.</summary>
    public long MemoryUsed { get; init; }

    /// <summary>The container's limit, or the machine's memory, in bytes; 0: not known.</summary>
    public long MemoryLimit { get; init; }

    /// <summary>The share of the time that the process stood still for the garbage collector, 0 to 1.</summary>
    public double GcPause { get; init; }

    /// <summary>Work items that waited for a thread of the pool, on average.</summary>
    public double Queue { get; init; }

    /// <summary>Prediction requests that came, with those that were turned away.</summary>
    public long Requests { get; init; }

    /// <summary>Those turned away because of all that was in flight (503).</summary>
    public long ServerBusy { get; init; }

    /// <summary>Those turned away because of what their key sends (429).</summary>
    public long KeyLimited { get; init; }
}

/// <summary>Keeps the minutes of all nodes.</summary>
public interface INodeMinuteStore
{
    /// <summary>Adds a minute; one that is there already is replaced.</summary>
    Task AddAsync(NodeMinute minute, CancellationToken cancellation);

    /// <summary>The minutes from a time on, the oldest first.</summary>
    Task<ImmutableArray<NodeMinute>> ListAsync(DateTimeOffset from, CancellationToken cancellation);

    /// <summary>Removes minutes before a time.</summary>
    Task DeleteBeforeAsync(DateTimeOffset before, CancellationToken cancellation);
}
