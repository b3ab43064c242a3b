using System.Collections.Immutable;

namespace AlgoFactory.Learning.Conformal;

/// <summary>
/// How large residuals usually are where the model predicts a value: the mean absolute residual, linear between knots and
/// flat outside. Large predictions of prices, counts or times miss by more than small ones, and intervals should say so.
/// </summary>
/// <param name="Knots">Predictions, ascending; at least one.</param>
/// <param name="Values">The scale at each knot; above 0.</param>
public sealed record ResidualScale(ImmutableArray<double> Knots, ImmutableArray<double> Values)
{
    private const int MostBins = 20;
    private const int FewestRowsPerBin = 50;

    /// <summary>A bin that fits its rows perfectly still gets this share of the overall scale.</summary>
    private const double LeastShare = 0.01;

    /// <summary>The same scale everywhere.</summary>
    public static ResidualScale Constant { get; } = new([0], [1]);

    /// <summary>Fits the scale on bins of equally many rows by prediction. O(n log n).</summary>
    /// <param name="predictions">Out-of-fold predictions.</param>
    /// <param name="residuals">Label minus prediction.</param>
    public static ResidualScale Fit(ReadOnlySpan<float> predictions, ReadOnlySpan<float> residuals)
    {
        var bins = Math.Min(MostBins, predictions.Length / FewestRowsPerBin);
        if (bins < 2)
            return Constant;
        var (keys, sorted) = (predictions.ToArray(), residuals.ToArray());
        Array.Sort(keys, sorted);
        var overall = 0.0;
        foreach (var residual in sorted)
            overall += Math.Abs((double)residual) / sorted.Length;
        if (!(overall > 0))
            return Constant;
        var (knots, values) = (new List<double>(), new List<double>());
        for (var start = 0; start < keys.Length;)
        {
            var end = (int)((long)(knots.Count + 1) * keys.Length / bins);
            end = Math.Max(end, start + 1);
            // Rows of one prediction belong together; so do the few that would be left over.
            while (end < keys.Length && (keys[end] == keys[end - 1] || keys.Length - end < FewestRowsPerBin))
                end++;
            double knot = 0, value = 0;
            for (var i = start; i < end; i++)
            {
                knot += keys[i] / (double)(end - start);
                value += Math.Abs((double)sorted[i]) / (end - start);
            }

            if (knots.Count == 0 || knot > knots[^1])
            {
                knots.Add(knot);
                values.Add(Math.Max(value, LeastShare * overall));
            }

            start = end;
        }

        return new ResidualScale([.. knots], [.. values]);
    }

    /// <summary>The scale at a prediction.</summary>
    public double At(double prediction)
    {
        var knots = Knots.AsSpan();
        var above = knots.BinarySearch(prediction);
        if (above >= 0)
            return Values[above];
        above = ~above;
        if (above == 0 || !(prediction > knots[0]))
            return Values[0];
        if (above == knots.Length)
            return Values[^1];
        var share = (prediction - knots[above - 1]) / (knots[above] - knots[above - 1]);
        return Values[above - 1] + share * (Values[above] - Values[above - 1]);
    }
}
