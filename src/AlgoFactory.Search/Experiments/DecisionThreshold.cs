using AlgoFactory.Learning;

namespace AlgoFactory.Search.Experiments;

/// <summary>Chooses from which probability on the positive class is predicted.</summary>
public static class DecisionThreshold
{
    /// <summary>Below this share of positive rows, 0.5 would hardly ever predict one.</summary>
    public const double RareShare = 0.3;

    /// <summary>A threshold that no probability reaches: the positive class is never predicted.</summary>
    private const double Never = 1.5;

    /// <summary>
    /// The threshold that a rule asks for, on out-of-sample scores. It lies halfway to the next lower score, so that it does
    /// not hang on one row's last bit. O(n log n).
    /// </summary>
    /// <param name="rule">What to choose it for.</param>
    /// <param name="scores">Out-of-sample probabilities of the positive class.</param>
    /// <param name="labels">0 or 1 a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    /// <returns>The threshold; null where no threshold has the recall or precision that was asked for.</returns>
    public static double? Choose(ThresholdRule rule, ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        if (rule.Aim == ThresholdAim.Fixed)
            return rule.Value;
        var order = new int[scores.Length];
        double positives = 0, total = 0;
        for (var i = 0; i < order.Length; i++)
        {
            order[i] = i;
            var weight = weights.IsEmpty ? 1 : weights[i];
            total += weight;
            positives += labels[i] == 1 ? weight : 0;
        }

        if (positives == 0 || (rule.Aim == ThresholdAim.Automatic && positives >= RareShare * total))
            return 0.5;
        Array.Sort(scores.ToArray(), order);
        var found = rule.Aim == ThresholdAim.Cost ? Never : (double?)null;
        var best = rule.Aim == ThresholdAim.Cost ? -rule.FalseNegative * positives : 0;
        double hits = 0, predicted = 0;
        for (var i = order.Length - 1; i >= 0; i--)
        {
            var row = order[i];
            var weight = weights.IsEmpty ? 1 : weights[row];
            predicted += weight;
            hits += labels[row] == 1 ? weight : 0;
            var lower = i > 0 ? scores[order[i - 1]] : 0;
            if (i > 0 && lower == scores[row])
                continue;
            var value = Value(rule, hits, predicted, positives);
            if (value <= best)
                continue;
            (best, found) = (value, 0.5 * ((double)scores[row] + lower));
        }

        return found ?? (rule.Aim is ThresholdAim.Automatic or ThresholdAim.F1 ? 0.5 : null);
    }

    /// <summary>What is to be as large as possible; 0 where the rule's condition does not hold.</summary>
    private static double Value(ThresholdRule rule, double hits, double predicted, double positives)
    {
        var (precision, recall) = (predicted > 0 ? hits / predicted : 0, hits / positives);
        return rule.Aim switch
        {
            ThresholdAim.Cost => -(rule.FalsePositive * (predicted - hits) + rule.FalseNegative * (positives - hits)),
            ThresholdAim.PrecisionAtRecall => recall >= rule.Value ? precision : 0,
            ThresholdAim.RecallAtPrecision => precision >= rule.Value ? recall : 0,
            _ => 2 * hits / (positives + predicted),
        };
    }
}
