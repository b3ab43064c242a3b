using System.Collections.Concurrent;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// Counts a node's requests by deployment and minute: alerts and pages need them on all nodes and after a restart, which
/// <c>/metrics</c> does not give. Counting allocates nothing. Thread-safe.
/// </summary>
public sealed class TrafficCounter
{
    // Bounds of the times to answer: a quarter more each, from 10 µs to 50 s. A percentile is right to that quarter.
    private const int Buckets = 70;
    private const double Shortest = 1e-5;
    private static readonly double Step = Math.Log(1.25);

    private readonly ConcurrentDictionary<string, Counts> _now = new(StringComparer.Ordinal);

    /// <summary>A request was answered.</summary>
    public void Answered(string deployment, int rows, TimeSpan duration)
    {
        var counts = Of(deployment);
        Interlocked.Increment(ref counts.Answered);
        Interlocked.Add(ref counts.Rows, rows);
        Interlocked.Increment(ref counts.Durations[Bucket(duration.TotalSeconds)]);
    }

    /// <summary>A request was refused by the caller's fault.</summary>
    public void Refused(string deployment) => Interlocked.Increment(ref Of(deployment).Refused);

    /// <summary>A request failed by the server's fault.</summary>
    public void Failed(string deployment) => Interlocked.Increment(ref Of(deployment).Failed);

    /// <summary>Hands over what was counted since the last call, and begins anew.</summary>
    public IReadOnlyList<TrafficMinute> Take(string node, DateTimeOffset minute)
    {
        var taken = new List<TrafficMinute>();
        foreach (var deployment in _now.Keys)
            if (_now.TryRemove(deployment, out var counts) && counts.Answered + counts.Refused + counts.Failed > 0)
                taken.Add(new TrafficMinute(
                    node, deployment, minute, counts.Answered, counts.Refused, counts.Failed, counts.Rows, Percentile(counts, 0.5), Percentile(counts, 0.99)));
        return taken;
    }

    private Counts Of(string deployment) => _now.TryGetValue(deployment, out var counts) ? counts : _now.GetOrAdd(deployment, _ => new Counts());

    private static int Bucket(double seconds) => (int)Math.Clamp(Math.Log(Math.Max(seconds, Shortest) / Shortest) / Step, 0, Buckets - 1);

    private static double Percentile(Counts counts, double share)
    {
        var rank = (long)Math.Ceiling(share * counts.Answered);
        for (var b = 0; b < Buckets && counts.Answered > 0; b++)
            if ((rank -= counts.Durations[b]) <= 0)
                return Shortest * Math.Exp((b + 0.5) * Step);
        return 0;
    }

    private sealed class Counts
    {
        public readonly long[] Durations = new long[Buckets];
        public long Answered;
        public long Refused;
        public long Failed;
        public long Rows;
    }
}
