using System.Collections.Immutable;

namespace AlgoFactory.Learning.Explaining;

/// <summary>How a regression's errors are distributed: actual value less predicted one.</summary>
/// <param name="Mean">The mean; about 0 unless the model is biased.</param>
/// <param name="StandardDeviation">The standard deviation.</param>
/// <param name="Quantiles">The residuals at the shares in <see cref="Shares"/>.</param>
/// <param name="Edges">The ends of the histogram's bins, one more than bins; the outer bins hold all that lies beyond.</param>
/// <param name="Counts">Rows in each bin.</param>
/// <param name="Trend">By tenths of the predictions: their mean, and their residuals' mean with its standard error.</param>
public sealed record Residuals(
    double Mean, double StandardDeviation, ImmutableArray<double> Quantiles, ImmutableArray<double> Edges, ImmutableArray<int> Counts, ImmutableArray<ResidualTrend> Trend)
{
    private const int Bins = 24;
    private const int Tenths = 10;

    /// <summary>The shares that <see cref="Quantiles"/> stand for.</summary>
    public static ImmutableArray<double> Shares { get; } = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

    /// <summary>The residuals of rows, one or more.</summary>
    public static Residuals Of(ReadOnlySpan<float> predicted, ReadOnlySpan<float> actual)
    {
        var residuals = new double[actual.Length];
        for (var i = 0; i < residuals.Length; i++)
            residuals[i] = (double)actual[i] - predicted[i];
        var order = predicted.ToArray();
        var byPrediction = Enumerable.Range(0, order.Length).OrderBy(i => order[i]).ToArray();
        double[] sorted = [.. residuals.Order()];
        double At(double share) => sorted[(int)Math.Round(share * (sorted.Length - 1))];
        // A few wild residuals would press all others into one bin.
        var (low, high) = (At(0.005), At(0.995));
        double[] edges = [.. Enumerable.Range(0, Bins + 1).Select(b => low + b * (high - low) / Bins)];
        var counts = new int[Bins];
        foreach (var residual in residuals)
            counts[high > low ? Math.Clamp((int)((residual - low) / (high - low) * Bins), 0, Bins - 1) : 0]++;
        var all = Moments.Of(residuals);
        var trend = Enumerable.Range(0, Tenths)
            .Select(t => byPrediction[(int)((long)t * order.Length / Tenths)..(int)((long)(t + 1) * order.Length / Tenths)])
            .Where(rows => rows.Length > 0)
            .Select(rows => (Mean: rows.Average(i => (double)order[i]), Own: Moments.Of(rows.Select(i => residuals[i]))))
            .Select(t => new ResidualTrend(t.Mean, t.Own.Mean, Math.Sqrt(t.Own.Variance / t.Own.Count)));
        return new Residuals(all.Mean, Math.Sqrt(all.Variance), [.. Shares.Select(At)], [.. edges], [.. counts], [.. trend]);
    }
}

/// <summary>A tenth of the rows, by prediction.</summary>
/// <param name="Predicted">The mean prediction.</param>
/// <param name="Residual">The mean residual.</param>
/// <param name="StandardError">The mean residual's standard error.</param>
public sealed record ResidualTrend(double Predicted, double Residual, double StandardError);
