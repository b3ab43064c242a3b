using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AlgoFactory.Data.Frames;

/// <summary>
/// A growing set of byte strings, each with a dense code in order of appearance. Looking one up allocates nothing, so
/// that reading a category costs no string. Open addressing with linear probing over one arena of bytes.
/// </summary>
internal sealed class Utf8Table
{
    // Secret, so that no file can be made whose values all fall into one slot; codes do not depend on it.
    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;

    private int[] _slots = new int[16];
    private ulong[] _hashes = new ulong[8];
    private int[] _ends = new int[8];
    private byte[] _bytes = new byte[64];

    /// <summary>Distinct strings so far.</summary>
    public int Count { get; private set; }

    /// <summary>The bytes of a code.</summary>
    public ReadOnlySpan<byte> this[int code]
    {
        get
        {
            var start = code == 0 ? 0 : _ends[code - 1];
            return _bytes.AsSpan(start, _ends[code] - start);
        }
    }

    /// <summary>The code of a string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> value) => Find(value, Hash(value), out _);

    /// <summary>The code of a string, given one now if it is new.</summary>
    public int GetOrAdd(ReadOnlySpan<byte> value, out bool added)
    {
        var hash = Hash(value);
        var code = Find(value, hash, out var slot);
        added = code < 0;
        if (!added)
            return code;
        code = Count;
        if (code == _hashes.Length)
        {
            Array.Resize(ref _hashes, code * 2);
            Array.Resize(ref _ends, code * 2);
        }

        var start = code == 0 ? 0 : _ends[code - 1];
        if (start + value.Length > _bytes.Length)
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(_bytes.Length * 2L, start + (long)value.Length)));
        value.CopyTo(_bytes.AsSpan(start));
        _ends[code] = start + value.Length;
        _hashes[code] = hash;
        _slots[slot] = code + 1;
        Count++;
        if (Count * 2 > _slots.Length)
            Grow();
        return code;
    }

    /// <summary>A hash of the bytes that is the same in every process, for estimates that must be.</summary>
    public static ulong StableHash(ReadOnlySpan<byte> value) => Hash(value, 0x9E3779B97F4A7C15);

    private static ulong Hash(ReadOnlySpan<byte> value) => Hash(value, Seed);

    // Multiplies and folds eight bytes at a time, as wyhash does.
    private static ulong Hash(ReadOnlySpan<byte> value, ulong seed)
    {
        var hash = seed ^ (ulong)value.Length;
        while (value.Length >= 8)
        {
            hash = Mix(hash ^ MemoryMarshal.Read<ulong>(value), seed);
            value = value[8..];
        }

        ulong tail = 0;
        foreach (var b in value)
            tail = (tail << 8) | b;
        return Mix(hash ^ tail, seed);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong x, ulong seed)
    {
        var high = Math.BigMul(x ^ seed, 0xD6E8FEB86659FD93, out var low);
        return high ^ low;
    }

    private int Find(ReadOnlySpan<byte> value, ulong hash, out int slot)
    {
        var mask = _slots.Length - 1;
        slot = (int)(hash >> 32) & mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & mask)
        {
            var code = _slots[slot] - 1;
            if (_hashes[code] == hash && this[code].SequenceEqual(value))
                return code;
        }

        return -1;
    }

    private void Grow()
    {
        var slots = new int[(int)BitOperations.RoundUpToPowerOf2((uint)_slots.Length * 2)];
        var mask = slots.Length - 1;
        for (var code = 0; code < Count; code++)
        {
            var slot = (int)(_hashes[code] >> 32) & mask;
            while (slots[slot] != 0)
                slot = (slot + 1) & mask;
            slots[slot] = code + 1;
        }

        _slots = slots;
    }
}
