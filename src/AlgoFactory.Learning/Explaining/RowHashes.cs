using System.Collections.Immutable;
using System.Runtime.InteropServices;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// One number a row for what stands in its columns: equal rows have equal numbers, in any frame and whatever codes its levels
/// have. 64 bits: among a million different rows two have the same number by chance once in 40 million times.
/// </summary>
internal static class RowHashes
{
    public static ulong[] Of(Frame rows, ImmutableArray<ColumnSpec> columns)
    {
        var hashes = new ulong[rows.RowCount];
        foreach (var spec in columns)
        {
            switch (rows.Find(spec.Name))
            {
                case NumericColumn numbers:
                    for (var i = 0; i < hashes.Length; i++)
                        // Minus zero is zero, and one missing value is as good as the other.
                        hashes[i] = SplitMix.Hash(hashes[i], double.IsNaN(numbers.Values[i]) ? 1 : BitConverter.DoubleToUInt64Bits(numbers.Values[i] + 0.0));
                    break;
                case CategoryColumn categories:
                    ulong[] levels = [.. categories.Levels.Select(Text)];
                    for (var i = 0; i < hashes.Length; i++)
                        hashes[i] = SplitMix.Hash(hashes[i], categories.Codes[i] >= 0 ? levels[categories.Codes[i]] : (ulong)(categories.Codes[i] + 10));
                    break;
                case TextColumn texts:
                    for (var i = 0; i < hashes.Length; i++)
                        hashes[i] = SplitMix.Hash(hashes[i], texts.Values[i] is { } text ? Text(text) : 1);
                    break;
                case ImageColumn images:
                    for (var i = 0; i < hashes.Length; i++)
                        hashes[i] = SplitMix.Hash(hashes[i], images.Values[i] is { } pixels ? Bytes(pixels) : 1);
                    break;
                case { } other:
                    // Passed over in silence, rows that differ only there would be called copies.
                    throw new InvalidOperationException($"Columns such as '{spec.Name}' ({other.GetType().Name}) have no hash.");
            }
        }

        return hashes;
    }

    /// <summary>A number of bytes, their length among them.</summary>
    public static ulong Bytes(ReadOnlySpan<byte> bytes)
    {
        var hash = SplitMix.Hash(3, (ulong)bytes.Length);
        foreach (var eight in MemoryMarshal.Cast<byte, ulong>(bytes))
            hash = SplitMix.Hash(hash, eight);
        foreach (var one in bytes[(bytes.Length & -sizeof(ulong))..])
            hash = SplitMix.Hash(hash, one);
        return hash;
    }

    private static ulong Text(string text) => text.Aggregate(SplitMix.Hash(2, (ulong)text.Length), (hash, letter) => SplitMix.Hash(hash, letter));
}
