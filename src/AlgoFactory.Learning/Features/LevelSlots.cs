using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Tables over a categorical column's values have one slot for each level, then one for missing, then one for unknown
/// (a level that training did not see).
/// </summary>
internal static class LevelSlots
{
    /// <summary>Slots of a column of that many levels.</summary>
    public static int Count(int levels) => levels + 2;

    /// <summary>The slot of a code.</summary>
    public static int Of(int code, int levels) =>
        (uint)code < (uint)levels ? code : code == CategoryColumn.Missing ? levels : levels + 1;

    /// <summary>Training rows in each slot.</summary>
    public static int[] Frequencies(CategoryColumn column)
    {
        var counts = new int[Count(column.Levels.Length)];
        foreach (var code in column.Codes)
            counts[Of(code, column.Levels.Length)]++;
        return counts;
    }

    /// <summary>The levels that training rows have, the most frequent first, ties in the levels' order.</summary>
    public static int[] ByFrequency(ReadOnlySpan<int> frequencies)
    {
        var levels = new List<int>();
        for (var level = 0; level < frequencies.Length - 2; level++)
            if (frequencies[level] > 0)
                levels.Add(level);
        var counts = frequencies.ToArray();
        return [.. levels.OrderByDescending(l => counts[l])];
    }

    /// <summary>How many levels the training rows have.</summary>
    public static int Seen(CategoryColumn column)
    {
        var seen = 0;
        foreach (var count in Frequencies(column).AsSpan(0, column.Levels.Length))
            seen += count > 0 ? 1 : 0;
        return seen;
    }
}
