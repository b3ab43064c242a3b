namespace AlgoFactory.Data.Profiling;

/// <summary>Bins of numbers by their upper ends: a value is in the first bin whose end is not below it, or in the last, open one.</summary>
public static class Binning
{
    /// <summary>Bins of a baseline.</summary>
    public const int UsualBins = 20;

    /// <summary>Ends that give each bin about the same share of the values; fewer where values repeat.</summary>
    /// <param name="sorted">The values, ascending.</param>
    /// <param name="bins">Bins at most, 2 or more.</param>
    /// <returns>Ascending ends, and one more count than ends.</returns>
    public static (double[] Ends, long[] Counts) EqualShares(ReadOnlySpan<double> sorted, int bins)
    {
        var ends = new List<double>(bins);
        for (var i = 1; i < bins && !sorted.IsEmpty; i++)
        {
            var end = sorted[(int)((long)i * (sorted.Length - 1) / bins)];
            if ((ends.Count == 0 || end > ends[^1]) && end < sorted[^1])
                ends.Add(end);
        }

        // A column of one value: it, and what is above it.
        if (ends.Count == 0 && !sorted.IsEmpty)
            ends.Add(sorted[0]);
        var counts = new long[ends.Count + 1];
        var from = 0;
        for (var b = 0; b < ends.Count; b++)
        {
            var to = from;
            while (to < sorted.Length && sorted[to] <= ends[b])
                to++;
            counts[b] = to - from;
            from = to;
        }

        counts[^1] = sorted.Length - from;
        return ([.. ends], counts);
    }

    /// <summary>The bin of a value.</summary>
    public static int Find(ReadOnlySpan<double> ends, double value)
    {
        int low = 0, high = ends.Length;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (value <= ends[middle])
                high = middle;
            else
                low = middle + 1;
        }

        return low;
    }
}
