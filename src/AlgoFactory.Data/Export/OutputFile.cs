namespace AlgoFactory.Data.Export;

/// <summary>Where a file may be written that takes its name at the end only.</summary>
public static class OutputFile
{
    /// <summary>
    /// Refuses a path at which something stands that is no file, or whose folder is not there. A file that is renamed over <c>/dev/null</c> takes its place, for
    /// every program of the machine, where the user has the right to.
    /// </summary>
    /// <param name="path">The file to be written.</param>
    /// <exception cref="IOException">It is a folder or a device, or in no folder.</exception>
    public static void Check(string path)
    {
        if (Refusal(path) is { } refusal)
            throw new IOException(refusal);
    }

    /// <summary>Why no file may be written there, or null.</summary>
    public static string? Refusal(string path)
    {
        var full = Path.GetFullPath(path);
        if (Directory.Exists(full))
            return $"'{path}' is a folder; name a file to write.";
        if (!Directory.Exists(Path.GetDirectoryName(full)))
            return $"The folder of '{path}' does not exist; create it or choose another file.";
        return IsDevice(full) || (new FileInfo(full).LinkTarget is not null && File.ResolveLinkTarget(full, returnFinalTarget: true) is { } target && IsDevice(target.FullName))
            ? $"'{path}' is a device and no file; name a file to write."
            : null;
    }

    // What stands in /dev, as the terminal and standard output do too, but for the part of the memory that is a disk.
    private static bool IsDevice(string path) =>
        path.StartsWith("/dev/", StringComparison.Ordinal) && !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
