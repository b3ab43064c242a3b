using System.Globalization;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>This process's memory as Linux counts it (proc(5)).</summary>
internal static class PeakMemory
{
    /// <summary>Lets the peak (VmHWM) start anew and returns what is resident now, in MiB.</summary>
    public static double Reset()
    {
        File.WriteAllText("/proc/self/clear_refs", "5");
        return MiB("VmRSS");
    }

    /// <summary>A line of /proc/self/status, in MiB.</summary>
    public static double MiB(string key)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(key + ":", StringComparison.Ordinal));
        return double.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
