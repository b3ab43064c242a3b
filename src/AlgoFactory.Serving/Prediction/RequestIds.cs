using System.Buffers.Binary;
using System.Security.Cryptography;

namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Makes ids for requests that have none: UUIDs of version 7 (RFC 9562), 32 hexadecimal digits without dashes. Random bytes are
/// drawn for many ids at once: one by one, the system's generator costs as much as binding a row.
/// </summary>
internal static class RequestIds
{
    /// <summary>The length of an id.</summary>
    public const int Length = 32;

    /// <summary>The random bytes of an id.</summary>
    public const int RandomBytes = 10;
    private const int DrawnIds = 100;

    [ThreadStatic]
    private static byte[]? _drawn;

    [ThreadStatic]
    private static int _used;

    /// <summary>Writes a new id.</summary>
    public static void Write(Span<byte> utf8)
    {
        Span<byte> id = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(id, (ulong)DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() << 16);
        Draw(id[6..]);
        id[6] = (byte)(0x70 | id[6] & 0x0F);
        id[8] = (byte)(0x80 | id[8] & 0x3F);
        Convert.TryToHexStringLower(id, utf8, out _);
    }

    /// <summary>Draws <see cref="RandomBytes"/> random bytes.</summary>
    public static void Draw(Span<byte> to)
    {
        if (_drawn is null || _used == _drawn.Length)
        {
            RandomNumberGenerator.Fill(_drawn ??= new byte[DrawnIds * RandomBytes]);
            _used = 0;
        }

        _drawn.AsSpan(_used, RandomBytes).CopyTo(to);
        _used += RandomBytes;
    }
}
