using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace AlgoFactory.Data.Processes;

/// <summary>
/// Tells whether a process of this machine that was noted by its number and its start still lives. The start keeps a number
/// that was given out again from being taken for the old process.
/// </summary>
public static class LivingProcess
{
    // Start times are made from clock ticks since boot and may differ by a rounding between two readings.
    private const long ToleranceSeconds = 5;

    /// <summary>When a process started, in seconds since 1970.</summary>
    public static long Started(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();

    /// <summary>Whether the process of that number and start lives.</summary>
    public static bool Is(int id, long started)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return Math.Abs(Started(process) - started) <= ToleranceSeconds && !process.HasExited && !IsZombie(id);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    // A dead process whose parent has not asked for its end yet still has its number; .NET takes one for running.
    private static bool IsZombie(int id)
    {
        if (!OperatingSystem.IsLinux())
            return false;
        try
        {
            var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/stat"));
            return stat.AsSpan(stat.LastIndexOf(')') + 1).TrimStart() is ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return true;
        }
    }
}
