namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Lets features with few bins share a column of the byte matrix: a code is then a tuple of bins, and one addition a row
/// counts for all of them. Their own histograms are the joint one summed out, which costs at most 256 codes a block of rows.
/// </summary>
internal static class ColumnPacking
{
    private const int Codes = 256;

    /// <summary>Bins of a feature that shares. Two features of 16 bins in a column were measured to gain nothing.</summary>
    private const int MaxSharedBins = 8;

    /// <summary>
    /// Gives each feature a column: those with few bins share, the features with the most bins first, each where the least room is left (best fit).
    /// O(features × 256).
    /// </summary>
    /// <param name="binCounts">Bins of each feature, 2 to 256.</param>
    /// <returns>The columns, as lists of features in their order; columns in the order of their first features.</returns>
    public static List<int>[] Plan(int[] binCounts)
    {
        // Columns by room: how many bins the next feature may have.
        var columns = Array.ConvertAll(new object[Codes + 1], _ => new Stack<List<int>>());
        foreach (var f in Enumerable.Range(0, binCounts.Length).OrderByDescending(f => binCounts[f]))
        {
            var mayShare = binCounts[f] <= MaxSharedBins;
            var room = mayShare ? binCounts[f] : Codes;
            while (room < Codes && columns[room].Count == 0)
                room++;
            var column = columns[room].Count > 0 ? columns[room].Pop() : [];
            column.Add(f);
            columns[!mayShare ? 1 : Codes / column.Aggregate(1, (codes, g) => codes * binCounts[g])].Push(column);
        }

        var plan = columns.SelectMany(c => c).ToArray();
        foreach (var column in plan)
            column.Sort();
        Array.Sort(plan, (a, b) => a[0].CompareTo(b[0]));
        return plan;
    }

    /// <summary>The bin of a feature for each code of its column.</summary>
    public static byte[] BinOfCode(int multiplier, int binCount, int codes)
    {
        var bins = new byte[codes];
        for (var code = 0; code < codes; code++)
            bins[code] = (byte)(code / multiplier % binCount);
        return bins;
    }
}
