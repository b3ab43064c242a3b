using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using AlgoFactory.Data.Processes;

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

    public static string Create(string parent)
    {
        using var self = Process.GetCurrentProcess();
        var folder = Path.Combine(parent, string.Create(
            CultureInfo.InvariantCulture, $"{Prefix}{Machine()}-{self.Id}-{LivingProcess.Started(self)}-{Guid.NewGuid():N}"));
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
        {
            if (!IsAbandoned(folder))
                continue;
            try
            {
                Remove(folder);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another publisher removes it at the same time, or nobody can: no reason not to publish. The next one tries again.
            }
        }
    }

    private static bool IsAbandoned(string folder)
    {
        var parts = Path.GetFileName(folder)[Prefix.Length..].Split('-');
        if (parts.Length == 4 && parts[0] == Machine()
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var started))
            return !LivingProcess.Is(id, started);
        return DateTime.UtcNow - Directory.GetLastWriteTimeUtc(folder) > ForeignAge;
    }

    private static string Machine() =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Environment.MachineName)).AsSpan(0, 4));
}
