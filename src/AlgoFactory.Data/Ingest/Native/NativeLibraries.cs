using System.Reflection;
using System.Runtime.InteropServices;

namespace AlgoFactory.Data.Ingest.Native;

/// <summary>
/// Finds the native libraries. They are looked for, in this order:
/// <list type="number">
/// <item>in the folder that the environment variable <c>ALGOFACTORY_NATIVE</c> names;</item>
/// <item>in <c>native/</c> beside the program;</item>
/// <item>in <c>node_modules/</c> of the program's folder and of the folders above it, where <c>npm ci</c> puts them.</item>
/// </list>
/// </summary>
internal static class NativeLibraries
{
    /// <summary>The name by which DuckDB is imported.</summary>
    public const string DuckDb = "duckdb";

    /// <summary>The environment variable that names a folder with the libraries.</summary>
    public const string FolderVariable = "ALGOFACTORY_NATIVE";

    /// <summary>The name by which libvips is imported.</summary>
    public const string Vips = "vips";

    private static readonly Library[] Libraries =
    [
        new(DuckDb, "DuckDB's", "libduckdb.so", "node_modules/@duckdb/node-bindings-linux-x64"),
        new(Vips, "libvips'", "libvips-cpp.so.8.18.7", "node_modules/@img/sharp-libvips-linux-x64/lib"),
    ];

    // An assembly has one resolver, however many libraries it imports.
    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>Resolves the imports of this assembly by the order above; call it before the first import.</summary>
    public static void Register() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(NativeLibraries).TypeHandle);

    /// <summary>The places where a library is looked for, the first first.</summary>
    internal static IEnumerable<string> Candidates(string fileName, string package, string? folder, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(folder))
            yield return Path.Combine(folder, fileName);
        yield return Path.Combine(baseDirectory, "native", fileName);
        for (var above = new DirectoryInfo(baseDirectory); above is not null; above = above.Parent)
            yield return Path.Combine(above.FullName, package, fileName);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? search)
    {
        if (Libraries.FirstOrDefault(l => l.Name == name) is not { } library)
            return 0;
        var found = Candidates(library.FileName, library.Package, Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory)
            .FirstOrDefault(File.Exists);
        if (found is null)
            throw new DllNotFoundException(
                $"{library.Whose} {library.FileName} was not found; run 'npm ci --ignore-scripts' in the program's folder, or name its folder in {FolderVariable}.");
        return NativeLibrary.Load(found);
    }

    private sealed record Library(string Name, string Whose, string FileName, string Package);
}
