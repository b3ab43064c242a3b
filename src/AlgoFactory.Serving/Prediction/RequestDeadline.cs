using System.Diagnostics;

namespace AlgoFactory.Serving.Prediction;

/// <summary>When a request must be answered, and whether its caller still waits. No timer: whoever works long asks now and then.</summary>
/// <param name="Started">The timestamp (<see cref="Stopwatch"/>) at which the request began.</param>
/// <param name="Limit">How long it may take.</param>
/// <param name="Caller">Cancelled when the caller has gone.</param>
public readonly record struct RequestDeadline(long Started, TimeSpan Limit, CancellationToken Caller = default)
{
    /// <summary>What is left; zero or less when the time is up.</summary>
    public TimeSpan Left => Limit - Stopwatch.GetElapsedTime(Started);

    /// <summary>Ends the work when nobody waits for it any more.</summary>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    /// <exception cref="TimeoutException">The time is up.</exception>
    public void Check()
    {
        Caller.ThrowIfCancellationRequested();
        if (Left <= TimeSpan.Zero)
            throw new TimeoutException($"The request was not answered within {Limit.TotalMilliseconds:F0} ms; send fewer rows, or allow it more time.");
    }
}
