using System.Buffers.Binary;
using System.IO.Compression;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.TestKit;

/// <summary>Writes PNG files for tests, well-formed ones and such that lie of their size.</summary>
public static class PngFile
{
    /// <summary>An image of 8 bits a channel.</summary>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="channels">1 grey, 2 grey and alpha, 3 colours, 4 colours and alpha.</param>
    /// <param name="value">The value of a channel at x and y.</param>
    /// <param name="orientation">EXIF's orientation, 1 to 8; 0: none.</param>
    public static byte[] Encode(int width, int height, int channels, Func<int, int, int, byte> value, byte orientation = 0)
    {
        var raw = new MemoryStream();
        for (var y = 0; y < height; y++)
        {
            raw.WriteByte(0);
            for (var x = 0; x < width; x++)
                for (var channel = 0; channel < channels; channel++)
                    raw.WriteByte(value(x, y, channel));
        }

        return Of(width, height, channels, raw.ToArray(), orientation);
    }

    /// <summary>An image whose header says a size that its pixels, none, do not have.</summary>
    public static byte[] Claiming(int width, int height) => Of(width, height, 3, [], 0);

    private static byte[] Of(int width, int height, int channels, byte[] raw, byte orientation)
    {
        var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        (head[8], head[9]) = (8, channels switch { 1 => 0, 2 => 4, 3 => 2, _ => 6 });
        Chunk(file, "IHDR"u8, head);
        // A little-endian TIFF with one entry: orientation, a short, once.
        if (orientation > 0)
            Chunk(file, "eXIf"u8, [(byte)'I', (byte)'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0]);
        var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            zlib.Write(raw);
        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        byte[] content = [.. type, .. data];
        file.Write(content);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(content));
        file.Write(number);
    }
}
