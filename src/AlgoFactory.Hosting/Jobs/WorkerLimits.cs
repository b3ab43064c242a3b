using System.Globalization;
using System.Runtime.InteropServices;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Makes the worker give way: to the server in time (nice), to the machine in memory. The cap is on the process's private
/// memory (RLIMIT_DATA), so that it counts DuckDB's memory as well as .NET's; the garbage collector is told a lower one,
/// so that managed code meets its own limit first.
/// </summary>
internal static partial class WorkerLimits
{
    /// <summary>What the collector may use of the cap; the rest is for native memory and stacks.</summary>
    private const double ManagedShare = 0.75;

    private const int ResourceData = 2;
    private const int PriorityOfThread = 0;

    /// <summary>The worker's memory cap in bytes.</summary>
    public static long MemoryBytes(WorkerOptions options) => options.MemoryMiB > 0
        ? (long)options.MemoryMiB << 20
        : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>The environment in which the worker is started.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Environment(WorkerOptions options) => Environment(MemoryBytes(options));

    /// <summary>The environment of a process with that cap.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Environment(long memoryBytes)
    {
        var heap = (long)(memoryBytes * ManagedShare);
        yield return new("DOTNET_GCHeapHardLimit", heap.ToString("X", CultureInfo.InvariantCulture));
    }

    /// <summary>Applies the limits to this process: called first thing in the worker.</summary>
    public static void Apply(WorkerOptions options) => Apply(options.Nice, MemoryBytes(options));

    /// <summary>Applies limits to this process.</summary>
    public static void Apply(int nice, long memoryBytes)
    {
        if (!OperatingSystem.IsLinux())
            return;
        // Linux keeps a priority per thread; threads started later inherit their starter's.
        foreach (var thread in Directory.EnumerateDirectories("/proc/self/task"))
            if (SetPriority(PriorityOfThread, int.Parse(Path.GetFileName(thread), CultureInfo.InvariantCulture), nice) != 0)
                throw new InvalidOperationException($"The worker's priority cannot be lowered (error {Marshal.GetLastPInvokeError()}).");
        var cap = (ulong)memoryBytes;
        var limit = new Limit { Current = cap, Maximum = cap };
        if (SetLimit(ResourceData, in limit) != 0)
            throw new InvalidOperationException($"The worker's memory cannot be capped at {cap} bytes (error {Marshal.GetLastPInvokeError()}).");
        // Where the machine itself runs out of memory, the kernel shall end the worker and not the server.
        File.WriteAllText("/proc/self/oom_score_adj", "1000");
    }

    [LibraryImport("libc", EntryPoint = "setpriority", SetLastError = true)]
    private static partial int SetPriority(int which, int who, int priority);

    [LibraryImport("libc", EntryPoint = "setrlimit", SetLastError = true)]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
