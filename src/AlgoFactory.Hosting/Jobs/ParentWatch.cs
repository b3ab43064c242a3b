using System.Diagnostics;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Ends the worker with its server: the server holds the other end of the worker's standard input and never writes to it,
/// so that its end, even by kill -9, closes the pipe. (Linux's parent-death signal follows the thread that started the
/// child, and .NET starts children from pool threads, which come and go.)
/// </summary>
internal static class ParentWatch
{
    /// <summary>How long the worker may take to stop by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>Watches from a thread of its own; <paramref name="stop"/> is called once when the server is gone.</summary>
    public static void Start(Action stop) => new Thread(() => Watch(stop)) { IsBackground = true, Name = "parent watch" }.Start();

    private static void Watch(Action stop)
    {
        using (var input = Console.OpenStandardInput())
        {
            Span<byte> nothing = stackalloc byte[16];
            while (input.Read(nothing) > 0)
            {
            }
        }

        using var grace = new Timer(_ => Process.GetCurrentProcess().Kill(), null, Grace, Timeout.InfiniteTimeSpan);
        stop();
        // The process is to end within the grace: by itself, or by the timer, which lives as long as this thread waits.
        Thread.CurrentThread.Join(Grace * 2);
    }
}
