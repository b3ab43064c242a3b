using System.Collections.Immutable;
using System.Numerics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What the training rows said of each category, or of each combination of categories: smoothed means of the targets, and
/// how many rows there were. Immutable; a lookup allocates nothing.
/// </summary>
internal sealed class StatisticTable
{
    /// <summary>Up to this many possible keys a lookup is one array access, if some of them were seen.</summary>
    private const long DirectKeys = 1 << 16;

    /// <summary>Up to this many possible keys a seen one: the array's size is then bounded by what the table holds.</summary>
    private const long DirectSpread = 64;

    private readonly int[] _direct = [];
    private readonly int[] _buckets = [];

    /// <summary>Creates a table.</summary>
    /// <param name="parts">The columns that make a key.</param>
    /// <param name="keys">The keys that were seen, ascending.</param>
    /// <param name="values">keys × width: a mean for each target, then the weight.</param>
    /// <param name="prior">What keys never seen have: width values.</param>
    public StatisticTable(ImmutableArray<KeyPart> parts, long[] keys, float[] values, float[] prior)
    {
        Parts = parts;
        Keys = keys;
        Values = values;
        Prior = prior;
        var space = KeySpace(parts);
        if (space <= DirectKeys && space <= DirectSpread * (keys.Length + 1))
        {
            _direct = new int[space];
            for (var i = 0; i < keys.Length; i++)
                _direct[keys[i]] = i + 1;
            return;
        }

        // Open addressing at half load: about one and a half probes.
        _buckets = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, keys.Length)) * 2];
        for (var i = 0; i < keys.Length; i++)
        {
            var at = Bucket(keys[i]);
            while (_buckets[at] != 0)
                at = (at + 1) & (_buckets.Length - 1);
            _buckets[at] = i + 1;
        }
    }

    public ImmutableArray<KeyPart> Parts { get; }

    public long[] Keys { get; }

    public float[] Values { get; }

    public float[] Prior { get; }

    /// <summary>Derived columns: the targets and the weight.</summary>
    public int Width => Prior.Length;

    /// <summary>How many keys these parts can make, which is the bound of a key; negative when that is no long.</summary>
    public static long KeySpace(ImmutableArray<KeyPart> parts)
    {
        var space = 1L;
        foreach (var part in parts)
        {
            if (space > long.MaxValue / (part.Values + 1L))
                return -1;
            space *= part.Values + 1L;
        }

        return space;
    }

    /// <summary>The key of a row's dense values; -1 if a category in it cannot be.</summary>
    public static long KeyOf(ImmutableArray<KeyPart> parts, ReadOnlySpan<float> row)
    {
        var key = 0L;
        foreach (var part in parts)
        {
            var slot = part.Slot(row[part.Feature]);
            if (slot < 0)
                return -1;
            key = key * (part.Values + 1L) + slot;
        }

        return key;
    }

    /// <summary>The derived columns of a row.</summary>
    public ReadOnlySpan<float> Of(ReadOnlySpan<float> row)
    {
        var at = Find(KeyOf(Parts, row));
        return at < 0 ? Prior : Values.AsSpan(at * Width, Width);
    }

    private int Find(long key)
    {
        if (key < 0)
            return -1;
        if (_direct.Length > 0)
            return _direct[key] - 1;
        var at = Bucket(key);
        while (_buckets[at] is var found and not 0)
        {
            if (Keys[found - 1] == key)
                return found - 1;
            at = (at + 1) & (_buckets.Length - 1);
        }

        return -1;
    }

    private int Bucket(long key) => (int)(SplitMix.Mix((ulong)key) & (ulong)(_buckets.Length - 1));
}
