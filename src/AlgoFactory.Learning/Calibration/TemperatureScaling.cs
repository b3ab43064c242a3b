namespace AlgoFactory.Learning.Calibration;

/// <summary>
/// Temperature scaling (Guo et al. 2017): each class's probability is raised to one exponent, 1 / T, and normalised. It
/// never changes which class is the most probable. Targets are smoothed as Platt smooths his, by one row more of every class
/// that could have come: where no row is wrong, the exponent of the least log loss would be endless confidence.
/// </summary>
internal static class TemperatureScaling
{
    private const double Smallest = 1e-12;
    private const int Iterations = 50;

    /// <summary>The exponent of the least log loss, by Newton steps within [1/16, 16]: the loss is convex in it. O(rows × classes) a step.</summary>
    /// <param name="scores">rows × width.</param>
    /// <param name="width">Classes.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    /// <param name="use">Which rows to take.</param>
    public static double Fit(ReadOnlySpan<float> scores, int width, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Func<int, bool> use)
    {
        double exponent = 1, low = 1.0 / 16, high = 16;
        double total = 0;
        for (var row = 0; row < labels.Length; row++)
            if (use(row) && labels[row] >= 0 && labels[row] < width)
                total += weights.IsEmpty ? 1 : weights[row];
        var smooth = width / (total + width);
        for (var i = 0; i < Iterations; i++)
        {
            double slope = 0, curve = 1e-12;
            for (var row = 0; row < labels.Length; row++)
            {
                var weight = weights.IsEmpty ? 1 : weights[row];
                if (weight == 0 || !use(row) || labels[row] < 0 || labels[row] >= width)
                    continue;
                var (mean, variance) = Moments(scores.Slice(row * width, width), exponent);
                var own = scores.Slice(row * width, width);
                slope += weight * (mean - (1 - smooth) * Logarithm(own[(int)labels[row]]) - smooth * MeanLogarithm(own));
                curve += weight * variance;
            }

            // The bracket holds what a Newton step alone could overshoot.
            if (slope > 0)
                high = exponent;
            else
                low = exponent;
            var next = exponent - slope / curve;
            if (!(next > low && next < high))
                next = Math.Sqrt(low * high);
            if (Math.Abs(next - exponent) < 1e-7)
                return next;
            exponent = next;
        }

        return exponent;
    }

    /// <summary>Mean and variance of the log-probabilities under the scaled distribution: the loss's first and second derivative.</summary>
    private static (double Mean, double Variance) Moments(ReadOnlySpan<float> row, double exponent)
    {
        double total = 0, first = 0, second = 0;
        foreach (var score in row)
        {
            var logarithm = Logarithm(score);
            var mass = Math.Exp(exponent * logarithm);
            total += mass;
            first += mass * logarithm;
            second += mass * logarithm * logarithm;
        }

        var mean = first / total;
        return (mean, Math.Max(0, second / total - mean * mean));
    }

    private static double MeanLogarithm(ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        foreach (var score in row)
            sum += Logarithm(score);
        return sum / row.Length;
    }

    private static double Logarithm(float score) => Math.Log(Math.Max(score, Smallest));
}
