namespace AlgoFactory.Learning.Calibration;

/// <summary>
/// Platt scaling: a logistic regression of the label on the log-odds, with Platt's smoothed targets and the damped Newton
/// iteration of Lin, Lin and Weng (2007), "A note on Platt's probabilistic outputs for support vector machines".
/// </summary>
internal static class PlattScaling
{
    private const int Iterations = 100;
    private const double Ridge = 1e-12;

    /// <summary>Fits slope and intercept; null where larger scores do not mean more positive rows. O(n) an iteration.</summary>
    public static MarginMap? Fit(CalibrationRows rows)
    {
        // Smoothed targets: the posterior mean under a uniform prior, which keeps a separable fit finite.
        var high = (rows.Positive + 1) / (rows.Positive + 2);
        var low = 1 / (rows.Negative + 2);
        double slope = 1, intercept = 0;
        var loss = Loss(rows, high, low, slope, intercept);
        for (var i = 0; i < Iterations; i++)
        {
            double gs = 0, gi = 0, hss = Ridge, hsi = 0, hii = Ridge;
            for (var row = 0; row < rows.Count; row++)
            {
                var z = rows.Margins[row];
                var p = MarginMap.Probability(slope * z + intercept);
                var error = rows.Weight(row) * (p - (rows.IsPositive[row] ? high : low));
                var curve = rows.Weight(row) * p * (1 - p);
                gs += error * z;
                gi += error;
                hss += curve * z * z;
                hsi += curve * z;
                hii += curve;
            }

            var determinant = hss * hii - hsi * hsi;
            var (stepSlope, stepIntercept) = ((hii * gs - hsi * gi) / determinant, (hss * gi - hsi * gs) / determinant);
            if (!double.IsFinite(stepSlope + stepIntercept))
                break;
            var size = 1.0;
            double next;
            while ((next = Loss(rows, high, low, slope - size * stepSlope, intercept - size * stepIntercept)) > loss && size > 1e-6)
                size /= 2;
            if (!(next <= loss))
                break;
            (slope, intercept) = (slope - size * stepSlope, intercept - size * stepIntercept);
            if (loss - next < 1e-10 * rows.Total)
                break;
            loss = next;
        }

        return slope > 0 && double.IsFinite(slope + intercept) ? new MarginMap([0], [intercept], slope) : null;
    }

    private static double Loss(CalibrationRows rows, double high, double low, double slope, double intercept)
    {
        var sum = 0.0;
        for (var row = 0; row < rows.Count; row++)
        {
            var f = slope * rows.Margins[row] + intercept;
            var target = rows.IsPositive[row] ? high : low;
            // log(1 + e^f) - target · f, without overflow.
            sum += rows.Weight(row) * (Math.Max(f, 0) + Math.Log(1 + Math.Exp(-Math.Abs(f))) - target * f);
        }

        return sum;
    }
}
