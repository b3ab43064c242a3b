namespace AlgoFactory.Learning;

/// <summary>How far a fit has come: <paramref name="Step"/> of <paramref name="Steps"/>, with its validation loss, if there is one.</summary>
public readonly record struct FitProgress(int Step, int Steps, double? ValidationLoss);

/// <summary>Everything that a fit may depend on beside its data and parameters.</summary>
/// <param name="Seed">The only source of randomness.</param>
/// <param name="MaxThreads">Threads the fit may use, at least 1.</param>
/// <param name="Deadline">
/// When the fit should end: an iterative learner stops early there and returns what it has; null under a budget of trials,
/// where nothing may depend on the clock.
/// </param>
/// <param name="Clock">The clock that <paramref name="Deadline"/> is read on.</param>
/// <param name="Progress">Told now and then, or null.</param>
/// <param name="Cancellation">Ends the fit with <see cref="OperationCanceledException"/> within a second.</param>
public sealed record FitContext(
    int Seed,
    int MaxThreads,
    DateTimeOffset? Deadline,
    TimeProvider Clock,
    IProgress<FitProgress>? Progress,
    CancellationToken Cancellation)
{
    /// <summary>Whether the deadline has passed.</summary>
    public bool IsOverdue => Deadline is { } deadline && Clock.GetUtcNow() >= deadline;

    /// <summary>A context with neither deadline nor progress.</summary>
    public static FitContext Create(int seed, int maxThreads = 1, CancellationToken cancellation = default) =>
        new(seed, maxThreads, null, TimeProvider.System, null, cancellation);

    /// <summary>Options for <see cref="System.Threading.Tasks.Parallel"/> loops of this fit.</summary>
    public ParallelOptions ParallelOptions => new() { MaxDegreeOfParallelism = Math.Max(1, MaxThreads), CancellationToken = Cancellation };
}
