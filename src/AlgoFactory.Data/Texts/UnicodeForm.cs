using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using AlgoFactory.Data.Ingest.Native;

namespace AlgoFactory.Data.Texts;

/// <summary>
/// The normalization forms of Unicode (UAX #15) by GLib, which comes with libvips: .NET itself leaves all text as it is where it runs
/// without a culture's data, as this program does. Thread-safe.
/// </summary>
public static unsafe partial class UnicodeForm
{
    private const int Decompose = 0; // G_NORMALIZE_DEFAULT
    private const int ComposeCompatible = 3; // G_NORMALIZE_ALL_COMPOSE

    static UnicodeForm() => NativeLibraries.Register();

    /// <summary>NFD: every character apart from its marks. Unpaired surrogates become U+FFFD.</summary>
    public static string Decomposed(string text) => Normalize(text, Decompose);

    /// <summary>NFKC: marks joined with their characters, compatible forms (ligatures, wide letters, circled numbers) as plain ones. Unpaired surrogates become U+FFFD.</summary>
    public static string Compatible(string text) => Normalize(text, ComposeCompatible);

    private static string Normalize(string text, int mode)
    {
        if (Ascii.IsValid(text))
            return text;
        var utf8 = Encoding.UTF8.GetBytes(text);
        var made = new ArrayBufferWriter<byte>(utf8.Length + 16);
        // GLib ends at a zero byte, which no form changes.
        for (var at = 0; at <= utf8.Length;)
        {
            var part = utf8.AsSpan(at);
            if (part.IndexOf((byte)0) is >= 0 and var end)
                part = part[..end];
            if (at > 0)
                made.Write("\0"u8);
            Append(part, mode, made);
            at += part.Length + 1;
        }

        return Encoding.UTF8.GetString(made.WrittenSpan);
    }

    private static void Append(ReadOnlySpan<byte> part, int mode, ArrayBufferWriter<byte> to)
    {
        if (part.IsEmpty)
            return;
        fixed (byte* first = part)
        {
            var result = GlibNormalize(first, part.Length, mode);
            if (result == null)
                throw new InvalidOperationException("GLib refused UTF-8 that is valid.");
            to.Write(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(result));
            GlibFree(result);
        }
    }

    [LibraryImport(NativeLibraries.Vips, EntryPoint = "g_utf8_normalize")]
    private static partial byte* GlibNormalize(byte* text, nint length, int mode);

    [LibraryImport(NativeLibraries.Vips, EntryPoint = "g_free")]
    private static partial void GlibFree(byte* memory);
}
