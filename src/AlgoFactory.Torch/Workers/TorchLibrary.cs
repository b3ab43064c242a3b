namespace AlgoFactory.Torch.Workers;

/// <summary>
/// Finds the shim over libtorch, in this order: at the path, or in the folder, that <c>ALGOFACTORY_TORCH</c> names; in
/// <c>native/</c> beside the program; in <c>native/torch/lib/</c> of the program's folder and of the folders above it, where
/// <c>./algofactory install torch</c> puts it; in <c>/usr/local/lib</c>. This process never loads it: a worker does.
/// </summary>
public static class TorchLibrary
{
    /// <summary>The environment variable that names the library or its folder.</summary>
    public const string PathVariable = "ALGOFACTORY_TORCH";

    /// <summary>The library's file name.</summary>
    public const string FileName = "libalgofactory-torch.so";

    private static readonly Lazy<string?> Found = new(() => Candidates(Environment.GetEnvironmentVariable(PathVariable), AppContext.BaseDirectory).FirstOrDefault(File.Exists));

    /// <summary>The library's path; null where there is none.</summary>
    public static string? Path => Found.Value;

    /// <summary>What to say where there is none.</summary>
    public static string HowToInstall => "libtorch, which trains networks, is not installed; run: ./algofactory install torch";

    /// <summary>The places where it is looked for, the first first.</summary>
    internal static IEnumerable<string> Candidates(string? named, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(named))
        {
            yield return named;
            yield return System.IO.Path.Combine(named, FileName);
        }

        yield return System.IO.Path.Combine(baseDirectory, "native", FileName);
        for (var above = new DirectoryInfo(baseDirectory); above is not null; above = above.Parent)
            yield return System.IO.Path.Combine(above.FullName, "native", "torch", "lib", FileName);
        yield return System.IO.Path.Combine("/usr/local/lib", FileName);
    }
}
