using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>How much room there is for a folder.</summary>
/// <param name="Folder"><c>data</c> or <c>models</c>.</param>
/// <param name="FreeBytes">What is left for us.</param>
/// <param name="SizeBytes">The size of the folder's disk.</param>
public readonly record struct DiskRoom(string Folder, long FreeBytes, long SizeBytes);

/// <summary>The room on the disks of the data folder and of the models folder, which all nodes of an installation share.</summary>
/// <param name="folders">The folders.</param>
/// <param name="look">The free bytes and the size of a folder's disk; null: as the system says.</param>
public sealed class DiskSpace(DataFolders folders, Func<string, (long Free, long Size)>? look = null)
{
    /// <summary>The room of both; a disk that does not answer is left out.</summary>
    public ImmutableArray<DiskRoom> List()
    {
        var rooms = ImmutableArray.CreateBuilder<DiskRoom>(2);
        foreach (var (name, folder) in (ReadOnlySpan<(string, string)>)[("data", folders.Root), ("models", folders.Models)])
            try
            {
                var (free, size) = look is null ? Look(folder) : look(folder);
                rooms.Add(new DiskRoom(name, free, size));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A network disk that is away: other faults tell of that.
            }

        return rooms.ToImmutable();
    }

    /// <summary>The disk with the least room; null: none answers.</summary>
    public DiskRoom? Fullest() => List().Cast<DiskRoom?>().MinBy(r => r!.Value.FreeBytes);

    private static (long, long) Look(string folder)
    {
        var drive = new DriveInfo(folder);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    /// <summary>Bytes in words.</summary>
    internal static string Text(double bytes) => bytes >= 1L << 30
        ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (1L << 30):0.#} GiB")
        : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1 << 20):0} MiB");
}
