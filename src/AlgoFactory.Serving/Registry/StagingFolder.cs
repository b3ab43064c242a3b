using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace AlgoFactory.Serving.Registry;

/// <summary>
/// Folders in which publishers prepare a version: <c>.staging-MACHINE-PID-STARTED-RANDOM</c>. The name says whose it is,
/// so that what a crashed publisher left can be told from what another one is working on.
/// </summary>
internal static class StagingFolder
{
    private const string Prefix = ".staging-";

    /// <summary>After this, a folder of another machine is taken as left behind: no publish takes so long.</summary>
    private static readonly TimeSpan ForeignAge = TimeSpan.FromDays(1);

    // Process start times are made from clock ticks since boot and may differ by a rounding between two readings.
    private const long StartTolerance = 5;

    public static string Create(string parent)
    {
        using var self = Process.GetCurrentProcess();
        var folder = Path.Combine(parent, string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{Machine()}-{self.Id}-{Started(self)}-{Guid.NewGuid():N}"));
        Directory.CreateDirectory(folder);
        return folder;
    }

    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // It became a version, or another process that starts cleans up too.
        }
    }

    /// <summary>Removes the staging folders in <paramref name="parent"/> whose owner no longer lives.</summary>
    public static void RemoveAbandoned(string parent)
    {
        foreach (var folder in Directory.EnumerateDirectories(parent, Prefix + "*"))
            if (IsAbandoned(folder))
                Remove(folder);
    }

    private static bool IsAbandoned(string folder)
    {
        var parts = Path.GetFileName(folder)[Prefix.Length..].Split('-');
        if (parts.Length == 4 && parts[0] == Machine()
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var started))
            return !Lives(id, started);
        return DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > ForeignAge;
    }

    private static bool Lives(int id, long started)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return Math.Abs(Started(process) - started) <= StartTolerance;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
        {
            return false;
        }
    }

    private static long Started(Process process) => new DateTimeOffset(process.StartTime).ToUnixTimeSeconds();

    private static string Machine() =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)).AsSpan(0, 4));
}
