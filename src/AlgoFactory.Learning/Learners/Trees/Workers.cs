namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Runs numbered pieces of work on a fit's threads. Pieces must not depend on who runs them, nor in what order.</summary>
internal sealed class Workers(int threads, CancellationToken cancellation)
{
    private readonly ParallelOptions _options = new() { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = cancellation };

    public int Threads => _options.MaxDegreeOfParallelism;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs pieces 0 .. <paramref name="count"/> - 1; every piece looks at the cancellation first.</summary>
    public void For(int count, Action<int> piece)
    {
        if (Threads == 1 || count <= 1)
        {
            for (var i = 0; i < count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                piece(i);
            }

            return;
        }

        Parallel.For(0, count, _options, piece);
    }

    /// <summary>Runs ranges of <paramref name="length"/> items, <paramref name="size"/> each but the last: (start, end).</summary>
    public void Ranges(int length, int size, Action<int, int> range) =>
        For((int)(((long)length + size - 1) / size), i => range(i * size, (int)Math.Min(length, (i + 1L) * size)));
}
