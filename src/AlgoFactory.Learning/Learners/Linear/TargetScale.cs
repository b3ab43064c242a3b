namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>A regression target's mean and spread, and the range that predictions are held to.</summary>
/// <param name="Mean">The weighted mean.</param>
/// <param name="Deviation">The weighted standard deviation; 1 when the target does not vary.</param>
/// <param name="Lowest">The smallest target less half the targets' range: a line that leaves the data far behind is held there.</param>
/// <param name="Highest">The largest target plus half the targets' range.</param>
internal readonly record struct TargetScale(double Mean, double Deviation, float Lowest, float Highest)
{
    /// <summary>Measures targets.</summary>
    public static TargetScale Of(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double total = 0, mean = 0, square = 0, lowest = double.PositiveInfinity, highest = double.NegativeInfinity;
        for (var row = 0; row < labels.Length; row++)
        {
            if (weights[row] == 0)
                continue;
            total += weights[row];
            mean += (double)weights[row] * labels[row];
            lowest = Math.Min(lowest, labels[row]);
            highest = Math.Max(highest, labels[row]);
        }

        mean /= total;
        for (var row = 0; row < labels.Length; row++)
            square += weights[row] * (labels[row] - mean) * (labels[row] - mean);
        var deviation = Math.Sqrt(square / total);
        var margin = (highest - lowest) / 2;
        return new TargetScale(mean, deviation > 1e-12 * Math.Abs(mean) ? deviation : 1, Held(lowest - margin), Held(highest + margin));
    }

    /// <summary>Targets with mean 0 and deviation 1.</summary>
    public float[] Standardise(ReadOnlySpan<float> labels)
    {
        var standard = new float[labels.Length];
        for (var row = 0; row < labels.Length; row++)
            standard[row] = (float)((labels[row] - Mean) / Deviation);
        return standard;
    }

    private static float Held(double value) => (float)Math.Clamp(value, float.MinValue, float.MaxValue);
}
