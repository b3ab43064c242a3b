namespace AlgoFactory.Learning.Metrics;

/// <summary>
/// Metrics of rankings, each the mean over users. A row is a held-out interaction: its score is the rank that the model
/// gave the item among all that the user had not met (1 is the first, +∞ an item that the model does not know), its label
/// the user's number. Ranks against all items, not against a sample of them, which would order models otherwise
/// (Krichene and Rendle, "On sampled metrics for item recommendation", KDD 2020). NaN without rows.
/// </summary>
internal static class RecommendationMetrics
{
    /// <summary>Discounted gain of the hits among the first k, against the best there could be.</summary>
    public static MetricFunction Ndcg(int k) => PerUser(ranks =>
    {
        double gain = 0, best = 0;
        for (var i = 0; i < ranks.Length; i++)
        {
            if (ranks[i] <= k)
                gain += 1 / Math.Log2(ranks[i] + 1);
            if (i < k)
                best += 1 / Math.Log2(i + 2);
        }

        return gain / best;
    });

    /// <summary>The share of a user's held-out items that are among the first k.</summary>
    public static MetricFunction Recall(int k) => PerUser(ranks => (double)Hits(ranks, k) / ranks.Length);

    /// <summary>1 where any held-out item is among the first k.</summary>
    public static MetricFunction HitRate(int k) => PerUser(ranks => ranks[0] <= k ? 1 : 0);

    /// <summary>The mean, over the held-out items (k at most), of the precision down to each hit among the first k.</summary>
    public static MetricFunction AveragePrecision(int k) => PerUser(ranks =>
    {
        double sum = 0;
        for (var i = 0; i < ranks.Length && ranks[i] <= k; i++)
            sum += (i + 1) / ranks[i];
        return sum / Math.Min(k, ranks.Length);
    });

    private static int Hits(ReadOnlySpan<float> ranks, int k)
    {
        var hits = 0;
        while (hits < ranks.Length && ranks[hits] <= k)
            hits++;
        return hits;
    }

    /// <summary>The mean of a measure of each user's ranks in ascending order.</summary>
    private static MetricFunction PerUser(Func<float[], double> measure) => (scores, _, labels, weights) =>
    {
        var byUser = new SortedDictionary<float, List<float>>();
        for (var row = 0; row < labels.Length; row++)
        {
            if (!(Metric.Weight(weights, row) > 0))
                continue;
            if (!byUser.TryGetValue(labels[row], out var ranks))
                byUser.Add(labels[row], ranks = []);
            ranks.Add(scores[row]);
        }

        var sum = 0.0;
        foreach (var ranks in byUser.Values)
        {
            ranks.Sort();
            sum += measure([.. ranks]);
        }

        return byUser.Count > 0 ? sum / byUser.Count : double.NaN;
    };
}
