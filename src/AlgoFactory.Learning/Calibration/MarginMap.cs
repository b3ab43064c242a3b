using System.Collections.Immutable;

namespace AlgoFactory.Learning.Calibration;

/// <summary>
/// A strictly increasing map of log-odds, piecewise linear between knots: what a fitted calibration of one class is. Because
/// it never flattens, it makes no ties and leaves every ranking (and so the AUC) as it was.
/// </summary>
/// <param name="Knots">Log-odds, ascending; at least one.</param>
/// <param name="Values">Calibrated log-odds at the knots, ascending.</param>
/// <param name="Slope">The slope below the first knot and above the last; above 0.</param>
public sealed record MarginMap(ImmutableArray<double> Knots, ImmutableArray<double> Values, double Slope)
{
    /// <summary>Log-odds beyond this grow only by their logarithm: a forest's exact 0 would else be a lever that bends any fit.</summary>
    internal const double Far = 14;

    /// <summary>Stands for 0: half of the smallest float.</summary>
    internal const double Least = 0.5 * float.Epsilon;

    /// <summary>Stands for 1: half of the last step below it.</summary>
    internal const double Most = 1 - 1.0 / (1 << 25);

    /// <summary>The log-odds of a probability, strictly increasing and finite on [0, 1].</summary>
    public static double Margin(float probability)
    {
        var p = Math.Clamp(probability, Least, Most);
        var margin = Math.Log(p / (1 - p));
        return margin switch
        {
            > Far => Far + Math.Log(1 + margin - Far),
            < -Far => -Far - Math.Log(1 - margin - Far),
            _ => margin,
        };
    }

    /// <summary>The probability of log-odds.</summary>
    public static double Probability(double margin) => 1 / (1 + Math.Exp(-margin));

    /// <summary>The calibrated log-odds. O(log knots); no allocation.</summary>
    public double Apply(double margin)
    {
        var knots = Knots.AsSpan();
        var above = knots.BinarySearch(margin);
        if (above >= 0)
            return Values[above];
        above = ~above;
        if (above == 0)
            return Values[0] + Slope * (margin - knots[0]);
        if (above == knots.Length)
            return Values[^1] + Slope * (margin - knots[^1]);
        var share = (margin - knots[above - 1]) / (knots[above] - knots[above - 1]);
        return Values[above - 1] + share * (Values[above] - Values[above - 1]);
    }
}
