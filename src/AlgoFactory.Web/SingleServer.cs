using AlgoFactory.Hosting.Options;

namespace AlgoFactory.Web;

/// <summary>Keeps a second server off a data folder whose metadata lies on SQLite: each would clean up after the other.</summary>
internal static class SingleServer
{
    private const int TryAgain = 11;
    private const int SharingViolation = unchecked((int)0x80070020);

    /// <summary>Takes the folder; the lock ends with the process, however it ends.</summary>
    /// <exception cref="IOException">Another server has it.</exception>
    public static IDisposable? Take(AlgoFactoryOptions options, DataFolders folders)
    {
        if (options.Database.IsPostgreSql)
            return null;
        try
        {
            return new FileStream(Path.Combine(folders.Root, "server.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult is TryAgain or SharingViolation)
        {
            throw new IOException($"Another server is running on the data folder '{folders.Root}'; stop it, or give this one another folder with --data.", e);
        }
    }
}
