namespace AlgoFactory.Search.Experiments;

/// <summary>Chooses from which probability on the positive class is predicted.</summary>
public static class DecisionThreshold
{
    /// <summary>Below this share of positive rows, 0.5 would hardly ever predict one.</summary>
    public const double RareShare = 0.3;

    /// <summary>
    /// 0.5; where the positive class is rare, the threshold of the highest F1 on out-of-sample scores. It lies halfway to the
    /// next lower score, so that it does not hang on one row's last bit. O(n log n).
    /// </summary>
    /// <param name="scores">Out-of-sample probabilities of the positive class.</param>
    /// <param name="labels">0 or 1 a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    public static double Choose(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var order = new int[scores.Length];
        double positives = 0, total = 0;
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            var weight = weights.IsEmpty ? 1 : weights[i];
            total += weight;
            positives += labels[i] == 1 ? weight : 0;
        }

        if (positives == 0 || positives >= RareShare * total)
            return 0.5;
        Array.Sort(scores.ToArray(), order);
        double hits = 0, predicted = 0, bestF1 = 0, best = 0.5;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            var row = order[i];
            var weight = weights.IsEmpty ? 1 : weights[row];
            predicted += weight;
            hits += labels[row] == 1 ? weight : 0;
            var lower = i > 0 ? scores[order[i - 1]] : 0;
            if (i > 0 && lower == scores[row])
                continue;
            var f1 = 2 * hits / (positives + predicted);
            if (f1 <= bestF1)
                continue;
            (bestF1, best) = (f1, 0.5 * ((double)scores[row] + lower));
        }

        return best;
    }
}
