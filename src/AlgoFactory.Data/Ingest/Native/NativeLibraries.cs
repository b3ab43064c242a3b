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

    private const string DuckDbFile = "libduckdb.so";
    private const string DuckDbPackage = "node_modules/@duckdb/node-bindings-linux-x64";

    /// <summary>Resolves the imports of this assembly by the order above; call it before the first import.</summary>
    public static void Register() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

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
        if (name != DuckDb)
            return 0;
        var found = Candidates(DuckDbFile, DuckDbPackage, Environment.GetEnvironmentVariable(FolderVariable), AppContext.BaseDirectory)
            .FirstOrDefault(File.Exists);
        if (found is null)
            throw new DllNotFoundException(
                $"DuckDB's {DuckDbFile} was not found; run 'npm ci --ignore-scripts' in the program's folder, or name its folder in {FolderVariable}.");
        return NativeLibrary.Load(found);
    }
}
