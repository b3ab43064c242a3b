using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Processes;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Names a process so that it can be told later whether it still lives: <c>MACHINE|PID|STARTED</c>. The start time keeps
/// a reused process id from being taken for the old process.
/// </summary>
internal static class ProcessIdentity
{
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
        return LivingProcess.Is(id, started);
    }

    private static string Of(Process process) =>
        string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}|{process.Id}|{LivingProcess.Started(process)}");
}
