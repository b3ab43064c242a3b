namespace AlgoFactory.Learning.Metrics;

/// <summary>Metrics of the probabilities themselves.</summary>
internal static class ProbabilityMetrics
{
    /// <summary>What a probability is held away from 0 and 1 by before its logarithm is taken.</summary>
    public const double Epsilon = 1e-15;

    /// <summary>
    /// The mean of -ln(probability of the row's class), the probability held to [1e-15, 1 - 1e-15]. A row of a class
    /// never seen in training has probability 0. NaN without rows.
    /// </summary>
    public static double LogLoss(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0, total = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var weight = Metric.Weight(weights, row);
            if (weight == 0)
                continue;
            sum -= weight * Math.Log(Math.Clamp(Probability(scores, width, labels, row), Epsilon, 1 - Epsilon));
            total += weight;
        }

        return sum / total;
    }

    /// <summary>The mean of (probability of the positive class - label)²; 1 for a row of a class never seen. NaN without rows.</summary>
    public static double Brier(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0, total = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var weight = Metric.Weight(weights, row);
            var miss = 1 - Probability(scores, width, labels, row);
            sum += weight * miss * miss;
            total += weight;
        }

        return sum / total;
    }

    /// <summary>The probability given to the row's own class.</summary>
    private static double Probability(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, int row)
    {
        var label = (int)labels[row];
        double probability;
        if (label < 0)
            probability = 0;
        else if (width == 1)
            probability = label == 1 ? scores[row] : 1 - (double)scores[row];
        else
            probability = label < width ? scores[row * width + label] : 0;
        return double.IsNaN(probability) ? 0 : probability;
    }
}
