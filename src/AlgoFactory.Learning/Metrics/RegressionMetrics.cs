namespace AlgoFactory.Learning.Metrics;

/// <summary>Metrics of predicted values. All are NaN without rows.</summary>
internal static class RegressionMetrics
{
    /// <summary>The root of the mean squared error, in the target's unit.</summary>
    public static double Rmse(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights) =>
        Math.Sqrt(SquaredError(scores, labels, weights) / Total(labels, weights));

    /// <summary>The mean absolute error, in the target's unit.</summary>
    public static double Mae(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (var row = 0; row < labels.Length; row++)
            sum += Metric.Weight(weights, row) * Math.Abs((double)scores[row] - labels[row]);
        return sum / Total(labels, weights);
    }

    /// <summary>1 - squared error / squared deviation from the mean; NaN when the target does not vary.</summary>
    public static double R2(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double mean = 0, deviation = 0;
        var total = Total(labels, weights);
        for (var row = 0; row < labels.Length; row++)
            mean += Metric.Weight(weights, row) / total * labels[row];
        for (var row = 0; row < labels.Length; row++)
            deviation += Metric.Weight(weights, row) * (labels[row] - mean) * (labels[row] - mean);
        return deviation > 0 ? 1 - SquaredError(scores, labels, weights) / deviation : double.NaN;
    }

    /// <summary>The mean of |error / target|, as a fraction (0.1 = 10 %). Rows whose target is 0 are left out; NaN when all are.</summary>
    public static double Mape(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0, total = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            if (labels[row] == 0)
                continue;
            var weight = Metric.Weight(weights, row);
            sum += weight * Math.Abs(((double)scores[row] - labels[row]) / labels[row]);
            total += weight;
        }

        return sum / total;
    }

    /// <summary>The median absolute error: the middle one, or the mean of the two in the middle; with weights the middle of the weight.</summary>
    public static double MedianAe(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var errors = new List<(double Error, double Weight)>(labels.Length);
        for (var row = 0; row < labels.Length; row++)
            if (Metric.Weight(weights, row) > 0)
                errors.Add((Math.Abs((double)scores[row] - labels[row]), Metric.Weight(weights, row)));
        errors.Sort();
        double half = errors.Sum(e => e.Weight) / 2, below = 0;
        for (var i = 0; i < errors.Count; i++)
        {
            below += errors[i].Weight;
            if (below > half)
                return errors[i].Error;
            if (below == half && i + 1 < errors.Count)
                return (errors[i].Error + errors[i + 1].Error) / 2;
        }

        return double.NaN;
    }

    private static double SquaredError(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double sum = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var error = (double)scores[row] - labels[row];
            sum += Metric.Weight(weights, row) * error * error;
        }

        return sum;
    }

    private static double Total(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        if (weights.IsEmpty)
            return labels.Length;
        double total = 0;
        foreach (var weight in weights)
            total += weight;
        return total;
    }
}
