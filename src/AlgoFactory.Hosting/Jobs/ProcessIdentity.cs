using System.Diagnostics;
using System.Globalization;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Names a process so that it can be told later whether it still lives: <c>MACHINE|PID|STARTED</c>. The start time keeps
/// a reused process id from being taken for the old process.
/// </summary>
internal static class ProcessIdentity
{
    // Start times are made from clock ticks since boot and may differ by a rounding between two readings.
    private const long StartToleranceSeconds = 3;

    /// <summary>This process.</summary>
    public static string Current { get; } = Of(Process.GetCurrentProcess());

    /// <summary>
    /// Whether the process lives: exactly when it is (or was) on this machine, else null, since another machine's cannot
    /// be seen from here.
    /// </summary>
    public static bool? Lives(string identity)
    {
        var parts = identity.Split('|');
        if (parts.Length != 3 || parts[0] != Environment.MachineName
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            || !long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var started))
            return null;
        try
        {
            using var process = Process.GetProcessById(id);
            return Math.Abs(Started(process) - started) <= StartToleranceSeconds && !process.HasExited && !IsZombie(id);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
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

    private static string Of(Process process) =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}|{process.Id}|{Started(process)}");

    private static long Started(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();
}
