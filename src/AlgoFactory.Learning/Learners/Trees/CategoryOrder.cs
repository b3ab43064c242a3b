namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Sorts categories by their statistics.</summary>
internal static class CategoryOrder
{
    /// <summary>Sorts both by key; equal keys keep the order of their bins (given ascending), so that the order is nobody's accident.</summary>
    public static void Sort(Span<double> keys, Span<int> bins)
    {
        keys.Sort(bins);
        for (var start = 0; start < keys.Length;)
        {
            var end = start + 1;
            while (end < keys.Length && keys[end] == keys[start])
                end++;
            if (end - start > 1)
                bins[start..end].Sort();
            start = end;
        }
    }
}
