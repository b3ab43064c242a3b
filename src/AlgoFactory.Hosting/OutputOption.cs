using AlgoFactory.Data.Export;

namespace AlgoFactory.Hosting;

/// <summary>The file that a command shall write: what speaks against it is said before the work and not after it.</summary>
public static class OutputOption
{
    /// <summary>Checks that a file can be written there.</summary>
    /// <param name="path">The file, as the user named it.</param>
    /// <param name="option">The option that named it, for the message.</param>
    /// <returns>The whole path.</returns>
    /// <exception cref="UsageException">It is a folder or a device, its folder is not there, or takes no new file.</exception>
    public static string Check(string path, string option = "--out")
    {
        if (OutputFile.Refusal(path) is { } refusal)
            throw new UsageException($"{option}: {refusal}");
        var target = Path.GetFullPath(path);
        try
        {
            using var probe = new FileStream(
                $"{target}.{Guid.NewGuid():N}.tmp", FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{option}: '{path}' cannot be written, as its folder takes no new file; choose another one.");
        }

        return target;
    }
}
