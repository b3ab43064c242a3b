namespace AlgoFactory.TestKit;

/// <summary>A clock that goes on a second each time it is read: a deadline then means a number of looks at the clock.</summary>
public sealed class SteppingClock : TimeProvider
{
    private long _reads;

    /// <summary>How often it was read.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddSeconds(Interlocked.Increment(ref _reads));
}
