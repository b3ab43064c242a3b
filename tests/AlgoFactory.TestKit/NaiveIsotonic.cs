namespace AlgoFactory.TestKit;

/// <summary>Isotonic regression by its min-max formula: the largest, over starts, of the smallest, over ends, mean. O(n³).</summary>
public static class NaiveIsotonic
{
    /// <summary>The fitted value of each row; rows of one score have one value.</summary>
    public static double[] Fit(float[] scores, float[] labels)
    {
        var groups = scores.Zip(labels).GroupBy(p => p.First).OrderBy(g => g.Key)
            .Select(g => (Score: g.Key, Sum: (double)g.Sum(p => p.Second), Count: g.Count())).ToArray();
        double Mean(int from, int to) => groups[from..(to + 1)].Sum(g => g.Sum) / groups[from..(to + 1)].Sum(g => g.Count);
        var values = Enumerable.Range(0, groups.Length).Select(i =>
            Enumerable.Range(0, i + 1).Max(a => Enumerable.Range(i, groups.Length - i).Min(b => Mean(a, b)))).ToArray();
        return [.. scores.Select(s => values[Array.FindIndex(groups, g => g.Score == s)])];
    }
}
