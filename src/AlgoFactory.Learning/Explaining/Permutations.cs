using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Explaining;

/// <summary>Random orders and samples that a seed decides.</summary>
public static class Permutations
{
    /// <summary>The numbers 0 .. <paramref name="count"/> - 1 in random order (Fisher and Yates).</summary>
    internal static int[] Of(int count, ulong seed)
    {
        var random = new SplitMix(seed);
        var order = new int[count];
        for (var i = 0; i < count; i++)
        {
            var j = random.Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    /// <summary>A random key of a row, the same for the same seed: the rows with the smallest keys are an even sample of any table.</summary>
    public static ulong Key(int seed, long row) => SplitMix.Hash((ulong)seed, (ulong)row);

    /// <summary>At most that many rows of a frame, drawn without replacement, in their order; all of them when there are no more.</summary>
    public static int[] Sample(int rows, int most, int seed)
    {
        if (rows <= most)
            return [.. Enumerable.Range(0, rows)];
        var chosen = Of(rows, SplitMix.Hash((ulong)seed, (ulong)rows)).AsSpan(0, most).ToArray();
        Array.Sort(chosen);
        return chosen;
    }

    /// <summary>As <see cref="Sample(int, int, int)"/>, the rows themselves.</summary>
    public static Frame Sample(Frame rows, int most, int seed) => rows.RowCount <= most ? rows : rows.Take(Sample(rows.RowCount, most, seed));
}
