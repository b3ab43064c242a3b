namespace AlgoFactory.Search.Experiments;

/// <summary>Runs something for every fold, some of them at the same time.</summary>
internal static class ParallelFolds
{
    /// <summary>Folds side by side with a share of the threads each; those that are left over at the end share all threads.</summary>
    /// <param name="folds">Their number.</param>
    /// <param name="atOnce">Folds at the same time.</param>
    /// <param name="threads">Threads of all of them.</param>
    /// <param name="cancellation">Ends the run before the next fold.</param>
    /// <param name="run">Given the fold and its threads.</param>
    public static void Run(int folds, int atOnce, int threads, CancellationToken cancellation, Action<int, int> run)
    {
        var abreast = folds - folds % atOnce;
        Run(0, abreast, atOnce, threads, cancellation, run);
        Run(abreast, folds, folds - abreast, threads, cancellation, run);
    }

    private static void Run(int from, int to, int atOnce, int threads, CancellationToken cancellation, Action<int, int> run)
    {
        if (atOnce <= 1)
        {
            for (var fold = from; fold < to; fold++)
                run(fold, threads);
            return;
        }

        var next = from - 1;
        var errors = new Exception?[to];
        Parallel.For(0, atOnce, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, _ =>
        {
            for (int fold; (fold = Interlocked.Increment(ref next)) < to;)
                try
                {
                    cancellation.ThrowIfCancellationRequested();
                    run(fold, Math.Max(1, threads / atOnce));
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    errors[fold] = e;
                }
        });
        // The first fold's error, whatever the order they came in: the same run fails the same way.
        var first = errors.FirstOrDefault(e => e is not null and not OperationCanceledException) ?? errors.FirstOrDefault(e => e is not null);
        if (first is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }
}
