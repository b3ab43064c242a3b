using MathNet.Numerics.Distributions;

namespace AlgoFactory.Learning.Explaining;

/// <summary>The tests and intervals that reports use.</summary>
internal static class HypothesisTests
{
    /// <summary>The two-sided 95 % quantile of the normal distribution.</summary>
    private const double Z95 = 1.959963984540054;

    /// <summary>
    /// Welch's t-test (1947): how likely the first mean is to lie that far above the second by chance. Unequal variances are
    /// allowed. 1 where there are too few values.
    /// </summary>
    public static double WelchAbove(Moments first, Moments second)
    {
        if (first.Count < 2 || second.Count < 2)
            return 1;
        var (a, b) = (first.Variance / first.Count, second.Variance / second.Count);
        if (a + b == 0)
            return first.Mean > second.Mean ? 0 : 1;
        var t = (first.Mean - second.Mean) / Math.Sqrt(a + b);
        var freedom = (a + b) * (a + b) / (a * a / (first.Count - 1) + b * b / (second.Count - 1));
        return StudentT.CDF(0, 1, freedom, -t);
    }

    /// <summary>Wilson's 95 % interval (1927) of a share: it stays in [0, 1] and means something for few rows, too.</summary>
    public static ConfidenceInterval Wilson(double successes, double trials)
    {
        if (trials <= 0)
            return new ConfidenceInterval(0, 1);
        var share = successes / trials;
        var spread = Z95 * Z95 / trials;
        var centre = (share + spread / 2) / (1 + spread);
        var half = Z95 / (1 + spread) * Math.Sqrt(share * (1 - share) / trials + spread / (4 * trials));
        return new ConfidenceInterval(Math.Max(0, centre - half), Math.Min(1, centre + half));
    }

    /// <summary>
    /// How likely a sample is to have an empirical distribution that far from its source's, by chance: the bound of Dvoretzky,
    /// Kiefer and Wolfowitz with Massart's constant (1990), for two samples by their effective size.
    /// </summary>
    public static double DistributionsDiffer(double distance, double first, double second) =>
        Math.Min(1, 2 * Math.Exp(-2 * (first * second / (first + second)) * distance * distance));

    /// <summary>Pearson's test that two rows of counts come from the same shares; 1 where there is nothing to compare.</summary>
    public static double CountsDiffer(ReadOnlySpan<double> first, ReadOnlySpan<double> second)
    {
        double n = 0, m = 0, statistic = 0;
        for (var i = 0; i < first.Length; i++)
            (n, m) = (n + first[i], m + second[i]);
        var cells = 0;
        for (var i = 0; i < first.Length && n > 0 && m > 0; i++)
        {
            var share = (first[i] + second[i]) / (n + m);
            if (share == 0)
                continue;
            cells++;
            statistic += (first[i] - n * share) * (first[i] - n * share) / (n * share) + (second[i] - m * share) * (second[i] - m * share) / (m * share);
        }

        return cells < 2 ? 1 : 1 - ChiSquared.CDF(cells - 1, statistic);
    }
}

/// <summary>Count, mean and variance of values, kept as sums.</summary>
/// <param name="Count">Values.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Squares">The sum of their squares.</param>
internal readonly record struct Moments(double Count, double Sum, double Squares)
{
    public double Mean => Sum / Count;

    /// <summary>The unbiased variance.</summary>
    public double Variance => Count < 2 ? 0 : Math.Max(0, (Squares - Sum * Sum / Count) / (Count - 1));

    public static Moments operator -(Moments all, Moments part) => new(all.Count - part.Count, all.Sum - part.Sum, all.Squares - part.Squares);

    public static Moments Of(IEnumerable<double> values) => values.Aggregate(new Moments(), (m, v) => m.With(v));

    public Moments With(double value) => new(Count + 1, Sum + value, Squares + value * value);
}

/// <summary>A 95 % confidence interval.</summary>
/// <param name="Low">Its lower end.</param>
/// <param name="High">Its upper end.</param>
public readonly record struct ConfidenceInterval(double Low, double High);
