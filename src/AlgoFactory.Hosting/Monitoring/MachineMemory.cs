using System.Globalization;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>How much memory is in use, of how much.</summary>
/// <param name="Used">Bytes in use by all programs of the container or machine, without what the system can take back at once.</param>
/// <param name="Limit">The container's limit, or the machine's memory.</param>
public readonly record struct MemoryUse(long Used, long Limit);

/// <summary>
/// The memory that this program shares with its worker and all else in its container: when that is used up, the system ends
/// programs. Files of Linux; elsewhere this process against what the runtime may use.
/// </summary>
/// <param name="root">The root of the file system; a test's own, or <c>/</c>.</param>
public sealed class MachineMemory(string root = "/")
{
    /// <summary>What is in use now.</summary>
    /// <remarks>
    /// Control groups of version 2, then 1 (kernel documentation, <c>cgroup-v2.rst</c>: <c>memory.max</c>, <c>memory.current</c>);
    /// pages of files that were not used lately do not count, as in Kubernetes' working set. Without a limit, <c>MemAvailable</c>.
    /// </remarks>
    public MemoryUse Read()
    {
        var machine = Machine();
        foreach (var (folder, limit, used, inactive) in Groups())
            if (Number(Path.Combine(folder, limit)) is > 0 and var most && most < machine.Limit && Number(Path.Combine(folder, used)) is { } now)
                return new MemoryUse(Math.Max(0, now - (Field(Path.Combine(folder, "memory.stat"), inactive) ?? 0)), most);
        return machine;
    }

    private IEnumerable<(string Folder, string Limit, string Used, string Inactive)> Groups()
    {
        // A container sees its own group at the root; a service of the machine has one below, whose parents may be limited, too.
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")).Select(l => l.Split(':', 3)).Where(l => l.Length == 3))
        {
            var isSecond = line[1].Length == 0;
            if (!isSecond && !line[1].Split(',').Contains("memory"))
                continue;
            var mount = Path.Combine(root, isSecond ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
            for (var below = line[2].Trim('/'); ; below = Path.GetDirectoryName(below) ?? "")
            {
                yield return isSecond
                    ? (Path.Combine(mount, below), "memory.max", "memory.current", "inactive_file")
                    : (Path.Combine(mount, below), "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
                if (below.Length == 0)
                    break;
            }
        }
    }

    private MemoryUse Machine()
    {
        var info = Path.Combine(root, "proc/meminfo");
        return Field(info, "MemTotal:") is { } total && Field(info, "MemAvailable:") is { } available
            ? new MemoryUse((total - available) << 10, total << 10)
            : new MemoryUse(Environment.WorkingSet, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    /// <summary>The number after a word at the beginning of a line, or null.</summary>
    private static long? Field(string file, string name)
    {
        foreach (var line in Lines(file))
            if (line.StartsWith(name, StringComparison.Ordinal) && line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var word, var number, ..] && word == name)
                return Parse(number);
        return null;
    }

    private static long? Number(string file) => Parse(Lines(file).FirstOrDefault());

    // "max" is no number: no limit.
    private static long? Parse(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
