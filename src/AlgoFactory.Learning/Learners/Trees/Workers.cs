using System.Diagnostics;
using System.Runtime.ExceptionServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Runs numbered pieces of work on a fit's threads. Pieces must not depend on who runs them, nor in what order.
/// </summary>
/// <remarks>
/// A tree is a few hundred parallel steps of some ten microseconds each, less than it takes to wake a sleeping thread. So
/// threads borrowed from the pool stay for a moment after a step and find the next one by looking; then they go back to the
/// pool. Nothing has to be disposed of, and where the pool has no thread to lend the caller does all the work.
/// </remarks>
internal sealed class Workers(int threads, CancellationToken cancellation)
{
    private static readonly long LingerTicks = Stopwatch.Frequency / 10_000; // 0.1 ms

    private Step? _step;
    private int _helpers;
    private int _busy;

    public int Threads { get; } = Math.Max(1, threads);

    public CancellationToken Cancellation => cancellation;

    /// <summary>Runs pieces 0 .. <paramref name="count"/> - 1; every piece looks at the cancellation first.</summary>
    /// <exception cref="OperationCanceledException">The fit was cancelled.</exception>
    public void For(int count, Action<int> piece)
    {
        // A step inside a step, or beside one of another thread, runs on its caller alone.
        if (Threads == 1 || count <= 1 || Interlocked.Exchange(ref _busy, 1) == 1)
        {
            for (var i = 0; i < count; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                piece(i);
            }

            return;
        }

        var step = new Step(count, piece, cancellation);
        Volatile.Write(ref _step, step);
        for (var helpers = Volatile.Read(ref _helpers); helpers < Math.Min(count, Threads) - 1; helpers++)
        {
            Interlocked.Increment(ref _helpers);
            ThreadPool.UnsafeQueueUserWorkItem(static self => self.Help(), this, preferLocal: false);
        }

        step.Work();
        step.Wait();
        Volatile.Write(ref _step, null);
        Volatile.Write(ref _busy, 0);
        step.Error?.Throw();
    }

    /// <summary>Runs ranges of <paramref name="length"/> items, <paramref name="size"/> each but the last: (start, end).</summary>
    public void Ranges(int length, int size, Action<int, int> range) =>
        For((int)(((long)length + size - 1) / size), i => range(i * size, (int)Math.Min(length, (i + 1L) * size)));

    /// <summary>What a borrowed thread does.</summary>
    private void Help()
    {
        Step? last = null;
        var until = Stopwatch.GetTimestamp() + LingerTicks;
        while (Stopwatch.GetTimestamp() < until)
        {
            var step = Volatile.Read(ref _step);
            if (step is null || step == last)
            {
                Thread.SpinWait(8);
                continue;
            }

            step.Work();
            last = step;
            until = Stopwatch.GetTimestamp() + LingerTicks;
        }

        Interlocked.Decrement(ref _helpers);
    }

    /// <summary>One parallel step: pieces are drawn by a counter.</summary>
    private sealed class Step(int count, Action<int> piece, CancellationToken cancellation)
    {
        private int _next;
        private int _done;

        /// <summary>The first failure; the pieces after it are not run.</summary>
        public ExceptionDispatchInfo? Error { get; private set; }

        public void Work()
        {
            for (var i = Draw(); i < count; i = Draw())
            {
                try
                {
                    if (Error is null)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        piece(i);
                    }
                }
                catch (Exception error)
                {
                    // Carried to the caller, who throws it.
                    Error ??= ExceptionDispatchInfo.Capture(error);
                }

                if (Interlocked.Increment(ref _done) == count)
                    lock (this)
                        Monitor.PulseAll(this);
            }
        }

        /// <summary>Waits for the pieces that others run: looking first, sleeping if they take long.</summary>
        public void Wait()
        {
            var spin = new SpinWait();
            for (var look = 0; look < 50 && Volatile.Read(ref _done) < count; look++)
                spin.SpinOnce(sleep1Threshold: -1);
            if (Volatile.Read(ref _done) == count)
                return;
            lock (this)
            {
                while (Volatile.Read(ref _done) < count)
                    Monitor.Wait(this);
            }
        }

        private int Draw() => _next < count ? Interlocked.Increment(ref _next) - 1 : count;
    }
}
