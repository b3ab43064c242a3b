using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The training rows' keys of some columns, numbered: row i has key number <c>Ids[i]</c>, or -1 for none.</summary>
/// <param name="Parts">The columns.</param>
/// <param name="Keys">The keys, ascending; a key's place is its number.</param>
/// <param name="Ids">One number a row.</param>
internal sealed record CategoryKeys(ImmutableArray<KeyPart> Parts, long[] Keys, int[] Ids)
{
    /// <summary>Up to this many possible keys they are numbered through an array instead of a sort.</summary>
    private const long DirectKeys = 1 << 20;

    /// <summary>Numbers the keys of some rows: O(rows), or O(rows log rows) where the columns make very many keys.</summary>
    public static CategoryKeys Of(FeatureBatch batch, ImmutableArray<KeyPart> parts)
    {
        var keys = new long[batch.RowCount];
        for (var row = 0; row < keys.Length; row++)
            keys[row] = StatisticTable.KeyOf(parts, batch.Row(row));
        var space = StatisticTable.KeySpace(parts);
        var ids = new int[keys.Length];
        if (space > DirectKeys)
        {
            var sorted = (long[])keys.Clone();
            Array.Sort(sorted);
            var distinct = new List<long>();
            foreach (var key in sorted)
                if (key >= 0 && (distinct.Count == 0 || distinct[^1] != key))
                    distinct.Add(key);
            var numbers = new Dictionary<long, int>(distinct.Count);
            for (var i = 0; i < distinct.Count; i++)
                numbers.Add(distinct[i], i);
            for (var row = 0; row < ids.Length; row++)
                ids[row] = keys[row] < 0 ? -1 : numbers[keys[row]];
            return new CategoryKeys(parts, [.. distinct], ids);
        }

        var numberOf = new int[space];
        foreach (var key in keys)
            if (key >= 0)
                numberOf[key] = 1;
        var seen = new List<long>();
        for (var key = 0; key < numberOf.Length; key++)
        {
            if (numberOf[key] == 0)
                continue;
            numberOf[key] = seen.Count;
            seen.Add(key);
        }

        for (var row = 0; row < ids.Length; row++)
            ids[row] = keys[row] < 0 ? -1 : numberOf[keys[row]];
        return new CategoryKeys(parts, [.. seen], ids);
    }
}
