using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>What a prediction's id tells.</summary>
/// <param name="At">When it was given out, to the millisecond.</param>
/// <param name="IsLogged">Whether the prediction went to the log.</param>
public readonly record struct IssuedId(DateTimeOffset At, bool IsLogged);

/// <summary>
/// Makes ids for predictions and knows them again: UUIDs of version 8 (RFC 9562) as 32 hexadecimal digits, of 48 bits of time, a
/// bit that says whether the prediction is logged, 41 random bits and 32 bits of a keyed hash of all these. Feedback is so bound
/// to ids that this installation gave out, without a look-up. Ids sort by time. Thread-safe.
/// </summary>
public sealed class PredictionIds
{
    /// <summary>The length of an id's text.</summary>
    public const int Length = 32;

    /// <summary>The length of a key.</summary>
    public const int KeyBytes = 16;

    private const int TagBits = 32;
    private const ulong LoggedBit = 0x0800;

    private readonly TimeProvider _clock;
    private Key _key;

    /// <summary>Begins with a key that nobody knows; <see cref="Use"/> sets the installation's.</summary>
    public PredictionIds(TimeProvider? clock = null)
    {
        _clock = clock ?? TimeProvider.System;
        _key = Key.Of(RandomNumberGenerator.GetBytes(KeyBytes));
    }

    /// <summary>Sets the key, which all nodes share.</summary>
    public void Use(ReadOnlySpan<byte> key) => Volatile.Write(ref _key, Key.Of(key));

    /// <summary>Makes a new id.</summary>
    public UInt128 Make(bool isLogged)
    {
        Span<byte> random = stackalloc byte[RequestIds.RandomBytes];
        RequestIds.Draw(random);
        var upper = (ulong)_clock.GetUtcNow().ToUnixTimeMilliseconds() << 16
            | 0x8000 | (isLogged ? LoggedBit : 0) | BinaryPrimitives.ReadUInt16BigEndian(random) & 0x07FFu;
        var lower = 0x8000_0000_0000_0000 | ((ulong)BinaryPrimitives.ReadUInt32BigEndian(random[2..]) & 0x3FFF_FFFF) << TagBits;
        return new UInt128(upper, lower | Tag(upper, lower));
    }

    /// <summary>An id's text.</summary>
    public static string Text(UInt128 id) => id.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Writes an id's text.</summary>
    public static ReadOnlySpan<char> Write(UInt128 id, Span<char> to) =>
        id.TryFormat(to, out var count, "x32", CultureInfo.InvariantCulture) ? to[..count] : throw new ArgumentException("An id takes 32 characters.", nameof(to));

    /// <summary>Whether the text has the form of an id of ours, given out here or elsewhere.</summary>
    public static bool IsOurs(ReadOnlySpan<char> text) => TryParse(text, out var id) && Version(id) == 8;

    /// <summary>Reads an id; false when it was not given out by this installation.</summary>
    public bool TryRead(ReadOnlySpan<char> text, out IssuedId issued)
    {
        issued = default;
        if (!TryParse(text, out var id) || Version(id) != 8)
            return false;
        var (upper, lower) = ((ulong)(id >> 64), (ulong)id);
        if (Tag(upper, lower & ~((1UL << TagBits) - 1)) != (lower & ((1UL << TagBits) - 1)))
            return false;
        issued = new IssuedId(DateTimeOffset.FromUnixTimeMilliseconds((long)(upper >> 16)), (upper & LoggedBit) != 0);
        return true;
    }

    private static bool TryParse(ReadOnlySpan<char> text, out UInt128 id)
    {
        id = default;
        return text.Length == Length && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out id);
    }

    private static int Version(UInt128 id) => (int)(id >> 76) & 0xF;

    private ulong Tag(ulong upper, ulong lower)
    {
        var key = Volatile.Read(ref _key);
        return SipHash.Of(key.First, key.Second, upper, lower) & ((1UL << TagBits) - 1);
    }

    private sealed record Key(ulong First, ulong Second)
    {
        public static Key Of(ReadOnlySpan<byte> bytes) => bytes.Length == KeyBytes
            ? new Key(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]))
            : throw new ArgumentException($"A key has {KeyBytes} bytes.", nameof(bytes));
    }
}
