using MathNet.Numerics;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>
/// How far two samples of binned counts are apart, and how probable so large a distance is between two samples of one
/// distribution. Both samples are random: the baseline's own chance is counted, too.
/// </summary>
public static class DriftStatistics
{
    /// <summary>Below this expected count chi-squared's tail is not to be trusted: bins are taken together.</summary>
    private const double FewestExpected = 5;

    /// <summary>The same for probabilities of one in a hundred thousand.</summary>
    private const double FewestInTail = 20;

    /// <summary>
    /// The population stability index, Σ (q - p) ln(q / p) over the bins' shares; half a row is added to each bin, so that an empty
    /// one does not make it infinite. Usual reading: below 0.1 none, above 0.25 a large change.
    /// </summary>
    public static double Psi(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var (m, n) = (Sum(before) + 0.5 * before.Length, Sum(now) + 0.5 * now.Length);
        var psi = 0.0;
        for (var b = 0; b < before.Length; b++)
        {
            var (p, q) = ((before[b] + 0.5) / m, (now[b] + 0.5) / n);
            psi += (q - p) * Math.Log(q / p);
        }

        return psi;
    }

    /// <summary>The Jensen–Shannon distance to the base 2, in [0, 1] (Endres and Schindelin 2003).</summary>
    public static double JensenShannon(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var (m, n) = (Sum(before), Sum(now));
        var divergence = 0.0;
        for (var b = 0; b < before.Length && m > 0 && n > 0; b++)
        {
            var (p, q) = (before[b] / m, now[b] / n);
            var middle = (p + q) / 2;
            divergence += (p > 0 ? p * Math.Log2(p / middle) : 0) + (q > 0 ? q * Math.Log2(q / middle) : 0);
        }

        return Math.Sqrt(Math.Max(0, divergence / 2));
    }

    /// <summary>
    /// The Kolmogorov–Smirnov distance at the bins' ends, which is at most that of the values themselves, and its asymptotic
    /// probability (Smirnov 1948), which is therefore too large rather than too small.
    /// </summary>
    public static (double Distance, double P) KolmogorovSmirnov(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var (m, n) = (Sum(before), Sum(now));
        if (m == 0 || n == 0)
            return (0, 1);
        double p = 0, q = 0, distance = 0;
        for (var b = 0; b < before.Length; b++)
        {
            p += before[b] / m;
            q += now[b] / n;
            distance = Math.Max(distance, Math.Abs(p - q));
        }

        return (distance, KolmogorovTail(distance * Math.Sqrt(m * n / (m + n))));
    }

    /// <summary>The distance that values must move on the average to turn one distribution into the other (Wasserstein-1), on the bins' centres.</summary>
    public static double Wasserstein(ReadOnlySpan<double> centres, ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var (m, n) = (Sum(before), Sum(now));
        double difference = 0, distance = 0;
        for (var b = 0; b + 1 < centres.Length && m > 0 && n > 0; b++)
        {
            difference += before[b] / m - now[b] / n;
            distance += Math.Abs(difference) * (centres[b + 1] - centres[b]);
        }

        return distance;
    }

    /// <summary>The probability of chi-squared's test of homogeneity of two samples; 1 where there are too few rows for it.</summary>
    /// <param name="before">The first sample's counts.</param>
    /// <param name="now">The second sample's.</param>
    /// <param name="fewest">Bins with fewer expected rows are taken together; far out in its tail the statistic needs more than the usual five.</param>
    public static double ChiSquared(ReadOnlySpan<long> before, ReadOnlySpan<long> now, double fewest = FewestExpected)
    {
        var (m, n) = (Sum(before), Sum(now));
        if (m == 0 || n == 0)
            return 1;
        double statistic = 0, restBefore = 0, restNow = 0;
        var bins = 0;
        for (var b = 0; b < before.Length; b++)
        {
            var both = before[b] + now[b];
            if (both * Math.Min(m, n) / (m + n) < fewest)
            {
                restBefore += before[b];
                restNow += now[b];
                continue;
            }

            statistic += Term(before[b], now[b], m, n);
            bins++;
        }

        if ((restBefore + restNow) * Math.Min(m, n) / (m + n) >= fewest)
        {
            statistic += Term(restBefore, restNow, m, n);
            bins++;
        }

        return bins < 2 ? 1 : ChiSquaredTail(statistic, bins - 1);
    }

    /// <summary>
    /// The probability of so different categories: of chi-squared over the frequent ones, and of each by itself, which finds a rare one
    /// that became frequent; Bonferroni's share of both. Small counts make chi-squared's tail too heavy, and the exact test's not.
    /// </summary>
    public static double Categories(ReadOnlySpan<long> before, ReadOnlySpan<long> now)
    {
        var (m, n) = ((long)Sum(before), (long)Sum(now));
        var least = 1.0;
        for (var b = 0; b < before.Length; b++)
            least = Math.Min(least, Shares(before[b], m, now[b], n));
        return Math.Min(1, 2 * Math.Min(ChiSquared(before, now, FewestInTail), before.Length * least));
    }

    /// <summary>
    /// The probability of so different shares of two samples of one distribution: given how many rows have it in both, those of the
    /// second sample are binomial (for rows drawn without replacement even less spread: the probability is rather too large).
    /// </summary>
    public static double Shares(long before, long beforeOf, long now, long nowOf)
    {
        if (beforeOf == 0 || nowOf == 0)
            return 1;
        // Of the two answers the rarer one: its counts are the more telling.
        if (before + now > beforeOf - before + nowOf - now)
            (before, now) = (beforeOf - before, nowOf - now);
        var (all, rate) = (before + now, (double)nowOf / (beforeOf + nowOf));
        var (more, fewer) = (AtLeast(now, all, rate), AtLeast(all - now, all, 1 - rate));
        return Math.Min(1, 2 * Math.Min(more, fewer));
    }

    /// <summary>The probability of at least <paramref name="count"/> hits in <paramref name="of"/> at a rate of <paramref name="rate"/> each (the binomial's upper tail).</summary>
    public static double AtLeast(long count, long of, double rate) =>
        count == 0 ? 1 : SpecialFunctions.BetaRegularized(count, of - count + 1, rate);

    /// <summary>The probability of an area under the curve that far from a half, for two samples of one distribution (the normal limit of Mann and Whitney's test).</summary>
    public static double Auc(double auc, long first, long second)
    {
        if (first == 0 || second == 0)
            return 1;
        var deviation = Math.Sqrt((first + second + 1.0) / (12.0 * first * second));
        return SpecialFunctions.Erfc(Math.Abs(auc - 0.5) / deviation / Math.Sqrt(2));
    }

    /// <summary>The upper tail of chi-squared.</summary>
    internal static double ChiSquaredTail(double statistic, int degrees) =>
        statistic <= 0 ? 1 : SpecialFunctions.GammaUpperRegularized(degrees / 2.0, statistic / 2);

    private static double KolmogorovTail(double x)
    {
        // The series converges slowly near 0, where the answer is 1.
        if (x < 0.3)
            return 1;
        double tail = 0, sign = 1;
        for (var k = 1; k <= 100; k++, sign = -sign)
        {
            var term = Math.Exp(-2.0 * k * k * x * x);
            tail += sign * term;
            if (term < 1e-18)
                break;
        }

        return Math.Clamp(2 * tail, 0, 1);
    }

    private static double Term(double before, double now, double m, double n)
    {
        var (expectedBefore, expectedNow) = ((before + now) * m / (m + n), (before + now) * n / (m + n));
        return (before - expectedBefore) * (before - expectedBefore) / expectedBefore + (now - expectedNow) * (now - expectedNow) / expectedNow;
    }

    private static double Sum(ReadOnlySpan<long> counts)
    {
        var sum = 0.0;
        foreach (var count in counts)
            sum += count;
        return sum;
    }
}
