namespace AlgoFactory.Hosting.Options;

/// <summary>
/// Finds the program's own folder: the nearest one, from the program's files upwards, that holds
/// <c>appsettings.json</c>. That is the repository in development and the installation's folder when published.
/// </summary>
public static class ProgramFolder
{
    /// <summary>The folder's full path.</summary>
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    /// <summary>A path as the settings give it, made absolute from the program's folder.</summary>
    public static string Resolve(string path) => Path.GetFullPath(path, Root);

    internal static string Find(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "appsettings.json")))
                return folder.FullName;
        return Path.GetFullPath(start);
    }
}
