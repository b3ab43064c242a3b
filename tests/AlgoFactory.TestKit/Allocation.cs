namespace AlgoFactory.TestKit;

/// <summary>What a call allocates on its thread.</summary>
public static class Allocation
{
    private const int Calls = 5;

    /// <summary>
    /// The least of several calls, in bytes. One call alone can be charged with more than it allocates: when another thread's
    /// garbage collection takes a thread's allocation buffer away, what was left in it (up to 8 KB) counts as allocated, and
    /// a collection may empty the array pools. Neither hides what every call allocates.
    /// </summary>
    public static long Least(Action call)
    {
        var least = long.MaxValue;
        for (var i = 0; i < Calls; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            call();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
