using System.Buffers.Binary;
using System.IO.Hashing;

namespace AlgoFactory.Data.Images;

/// <summary>Tells image files by how they begin, never by their names.</summary>
internal static class ImageFormats
{
    /// <summary>The formats that are read, for people.</summary>
    public const string Known = "JPEG, PNG, WebP or GIF";

    /// <summary>Bytes that telling needs.</summary>
    public const int HeadSize = 12;

    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".gif"];

    /// <summary>How a JPEG file begins.</summary>
    public static ReadOnlySpan<byte> Jpeg => [0xFF, 0xD8, 0xFF];

    /// <summary>
    /// Whether a JPEG file ends before its end marker; of other formats false. Segments are stepped over by their lengths, so that the
    /// end of a small picture inside one is not taken for the file's (ITU-T T.81, annex B).
    /// </summary>
    public static bool IsCutOffJpeg(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Jpeg))
            return false;
        for (var rest = file[2..]; rest.Length >= 2;)
        {
            // Between markers lie the pixels, in which a stuffed 0 follows each 0xFF.
            if (rest[0] != 0xFF || rest[1] == 0xFF)
            {
                var next = rest[1..].IndexOf((byte)0xFF);
                if (next < 0)
                    return true;
                rest = rest[(1 + next)..];
                continue;
            }

            var marker = rest[1];
            if (marker == 0xD9)
                return false;
            // These have no length: stuffing, restarts, a start.
            var length = marker is 0 or 1 or (>= 0xD0 and <= 0xD8) ? 0 : rest.Length < 4 ? rest.Length : BinaryPrimitives.ReadUInt16BigEndian(rest[2..]);
            if (2 + length > rest.Length)
                return true;
            rest = rest[(2 + length)..];
        }

        return true;
    }

    /// <summary>How a PNG file begins.</summary>
    public static ReadOnlySpan<byte> Png => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Whether a PNG file ends before its last chunk does, or the sum of a chunk that pixels depend on is wrong; of other formats false. A chunk is length, name, data and sum.</summary>
    public static bool IsDamagedPng(ReadOnlySpan<byte> file)
    {
        if (!file.StartsWith(Png))
            return false;
        const int around = 12;
        for (var rest = file[Png.Length..]; rest.Length >= around;)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - around)
                return true;
            var end = (int)(around + length);
            // A small first letter means that the picture does without the chunk.
            if ((rest[4] & 0x20) == 0 && Crc32.HashToUInt32(rest[4..(end - 4)]) != BinaryPrimitives.ReadUInt32BigEndian(rest[(end - 4)..]))
                return true;
            if (rest[4..].StartsWith("IEND"u8))
                return false;
            rest = rest[end..];
        }

        return true;
    }

    /// <summary>Whether a file begins as one of the known formats does.</summary>
    public static bool IsImage(ReadOnlySpan<byte> file) =>
        file.StartsWith(Jpeg)
        || file.StartsWith(Png)
        || file.StartsWith("GIF87a"u8) || file.StartsWith("GIF89a"u8)
        || (file.Length >= HeadSize && file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8));

    /// <summary>Whether a text is such a file in base64, with or without a data URL's head. No more than its beginning is looked at.</summary>
    public static bool IsBase64Image(ReadOnlySpan<byte> text)
    {
        text = WithoutHead(text);
        // 16 characters are 12 bytes.
        Span<byte> head = stackalloc byte[HeadSize];
        return text.Length > 64
            && System.Buffers.Text.Base64.DecodeFromUtf8(text[..16], head, out _, out var written, isFinalBlock: false) == System.Buffers.OperationStatus.Done
            && IsImage(head[..written]);
    }

    /// <summary>The base64 of a data URL such as <c>data:image/png;base64,…</c>, or the text itself.</summary>
    public static ReadOnlySpan<byte> WithoutHead(ReadOnlySpan<byte> text)
    {
        if (!text.StartsWith("data:image/"u8))
            return text;
        var comma = text[..Math.Min(text.Length, 64)].IndexOf(";base64,"u8);
        return comma < 0 ? text : text[(comma + ";base64,"u8.Length)..];
    }

    /// <summary>Whether a file's name ends as an image's does.</summary>
    public static bool IsImageName(string name) => Extensions.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase));
}
