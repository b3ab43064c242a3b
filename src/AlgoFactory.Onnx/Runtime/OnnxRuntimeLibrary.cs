using System.Runtime.InteropServices;

namespace AlgoFactory.Onnx.Runtime;

/// <summary>
/// Finds ONNX Runtime's library, in this order: in the folder that <c>ALGOFACTORY_NATIVE</c> names; in <c>native/</c> beside
/// the program; in <c>native/onnxruntime/</c> of the program's folder and of the folders above it, where
/// <c>./algofactory install onnxruntime</c> puts it.
/// </summary>
public static class OnnxRuntimeLibrary
{
    private const string FileName = "libonnxruntime.so.1";
    private const string Package = "native/onnxruntime/node_modules/onnxruntime-node/bin/napi-v6/linux/x64";

    private static readonly Lazy<string?> Found = new(() => Candidates(Environment.GetEnvironmentVariable("ALGOFACTORY_NATIVE"), AppContext.BaseDirectory).FirstOrDefault(File.Exists));

    /// <summary>Whether the library is there.</summary>
    public static bool IsInstalled => Found.Value is not null;

    /// <summary>What to say where it is not.</summary>
    public static string HowToInstall => "ONNX Runtime is not installed; run: ./algofactory install onnxruntime";

    /// <exception cref="OnnxRuntimeException">It is not there, or cannot be loaded: cut off while it was fetched, say.</exception>
    internal static nint Load() => Load(Found.Value ?? throw new OnnxRuntimeException(HowToInstall));

    internal static nint Load(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new OnnxRuntimeException($"'{file}' is no library that can be loaded; run: ./algofactory install onnxruntime");
        }
    }

    /// <summary>The places where it is looked for, the first first.</summary>
    internal static IEnumerable<string> Candidates(string? folder, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(folder))
            yield return Path.Combine(folder, FileName);
        yield return Path.Combine(baseDirectory, "native", FileName);
        for (var above = new DirectoryInfo(baseDirectory); above is not null; above = above.Parent)
            yield return Path.Combine(above.FullName, Package, FileName);
    }
}
