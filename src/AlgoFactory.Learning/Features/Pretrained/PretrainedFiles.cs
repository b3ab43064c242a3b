namespace AlgoFactory.Learning.Features.Pretrained;

/// <summary>
/// Finds the weights of networks that others trained, which <c>./algofactory install</c> fetches: in the folder that
/// <c>ALGOFACTORY_NATIVE</c> names, then in <c>native/</c> of the program's folder and of those above it.
/// </summary>
internal static class PretrainedFiles
{
    /// <summary>A package's folder, or null where it is not installed.</summary>
    /// <param name="component">Its name for <c>install</c>.</param>
    /// <param name="package">Its name in npm.</param>
    public static string? Find(string component, string package) =>
        Candidates(component, package, Environment.GetEnvironmentVariable("ALGOFACTORY_NATIVE"), AppContext.BaseDirectory).FirstOrDefault(Directory.Exists);

    /// <summary>The places where it is looked for, the first first.</summary>
    internal static IEnumerable<string> Candidates(string component, string package, string? folder, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(folder))
            yield return Path.Combine(folder, package);
        for (var above = new DirectoryInfo(baseDirectory); above is not null; above = above.Parent)
            yield return Path.Combine(above.FullName, "native", component, "node_modules", package);
    }
}
