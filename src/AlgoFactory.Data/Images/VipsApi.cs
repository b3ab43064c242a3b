using System.Runtime.InteropServices;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Images;

/// <summary>The functions of libvips' C API (version 8.18) that are used here.</summary>
/// <remarks>
/// Options come as name and value pairs that end with a null. On Linux x64 they are passed like fixed arguments of whole
/// numbers and pointers, so that each call is declared with just the pairs it needs.
/// </remarks>
internal static unsafe partial class VipsApi
{
    private const string Library = NativeLibraries.Vips;

    static VipsApi() => NativeLibraries.Register();

    [LibraryImport(Library, EntryPoint = "g_setenv")]
    internal static partial int SetVariable(byte* name, byte* value, int overwrite);

    [LibraryImport(Library, EntryPoint = "vips_init", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Init(string program);

    /// <summary>Shuts off the loaders that libvips' makers do not trust with hostile files.</summary>
    [LibraryImport(Library, EntryPoint = "vips_block_untrusted_set")]
    internal static partial void BlockUntrusted(int state);

    [LibraryImport(Library, EntryPoint = "vips_cache_set_max")]
    internal static partial void SetCacheSize(int operations);

    [LibraryImport(Library, EntryPoint = "vips_concurrency_set")]
    internal static partial void SetThreads(int threads);

    /// <summary>Reads no more than the header, until pixels are asked for: once, from top to bottom.</summary>
    [LibraryImport(Library, EntryPoint = "vips_image_new_from_buffer")]
    internal static partial nint Open(byte* file, nuint length, byte* options, byte* accessName, nint access, byte* failName, nint fail, nint end);

    [LibraryImport(Library, EntryPoint = "vips_image_get_width")]
    internal static partial int Width(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_height")]
    internal static partial int Height(nint image);

    [LibraryImport(Library, EntryPoint = "vips_image_get_bands")]
    internal static partial int Bands(nint image);

    /// <summary>Decodes, turns upright as EXIF says, and scales.</summary>
    [LibraryImport(Library, EntryPoint = "vips_thumbnail_buffer")]
    internal static partial int Thumbnail(
        byte* file, nuint length, out nint image, int width, byte* heightName, nint height, byte* sizeName, nint size, byte* failName, nint fail, nint end);

    /// <summary>The same of an image that was opened.</summary>
    [LibraryImport(Library, EntryPoint = "vips_thumbnail_image")]
    internal static partial int Thumbnail(nint opened, out nint image, int width, byte* heightName, nint height, byte* sizeName, nint size, nint end);

    [LibraryImport(Library, EntryPoint = "vips_colourspace")]
    internal static partial int ToColours(nint image, out nint converted, int space, nint end);

    [LibraryImport(Library, EntryPoint = "vips_flatten")]
    internal static partial int Flatten(nint image, out nint flat, nint end);

    [LibraryImport(Library, EntryPoint = "vips_image_write_to_memory")]
    internal static partial byte* ToMemory(nint image, out nuint length);

    [LibraryImport(Library, EntryPoint = "vips_region_new")]
    internal static partial nint Region(nint image);

    /// <summary>Computes pixels in the caller's thread, where <see cref="ToMemory"/> hands strips to a thread of the library's own.</summary>
    [LibraryImport(Library, EntryPoint = "vips_region_fetch")]
    internal static partial byte* Fetch(nint region, int left, int top, int width, int height, out nuint length);

    [LibraryImport(Library, EntryPoint = "vips_error_clear")]
    internal static partial void ClearErrors();

    [LibraryImport(Library, EntryPoint = "g_object_unref")]
    internal static partial void Release(nint image);

    [LibraryImport(Library, EntryPoint = "g_free")]
    internal static partial void Free(byte* memory);
}
