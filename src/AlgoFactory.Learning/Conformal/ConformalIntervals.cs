namespace AlgoFactory.Learning.Conformal;

/// <summary>An interval around a predicted value.</summary>
/// <param name="Lower">The lower end.</param>
/// <param name="Upper">The upper end.</param>
public readonly record struct Interval(float Lower, float Upper);

/// <summary>
/// Prediction intervals from out-of-fold residuals (split conformal prediction; Lei et al. 2018), each residual divided by
/// <see cref="ResidualScale"/> where that makes intervals shorter. Both tails have a quantile of their own, so that the
/// intervals of skewed targets are skewed, too. Immutable.
/// </summary>
/// <param name="Residuals">Normalised residuals, label minus prediction.</param>
/// <param name="Scale">What they were divided by.</param>
/// <param name="Floor">No label is below this: 0 for counts, prices and the like; null: unbounded.</param>
public sealed record ConformalIntervals(ConformityScores Residuals, ResidualScale Scale, double? Floor)
{
    private const double UsualLevel = 0.9;
    private const int Chunks = 5;

    /// <summary>Fits on out-of-fold predictions; null without a row.</summary>
    /// <param name="predictions">One a row.</param>
    /// <param name="labels">One a row.</param>
    public static ConformalIntervals? Fit(ReadOnlySpan<float> predictions, ReadOnlySpan<float> labels)
    {
        if (predictions.IsEmpty)
            return null;
        var residuals = new float[predictions.Length];
        var floor = 0.0;
        for (var row = 0; row < residuals.Length; row++)
        {
            residuals[row] = labels[row] - predictions[row];
            floor = Math.Min(floor, labels[row]);
        }

        var scale = ScalingPays(predictions.ToArray(), residuals) ? ResidualScale.Fit(predictions, residuals) : ResidualScale.Constant;
        return new ConformalIntervals(Scores(predictions, residuals, scale), scale, floor < 0 ? null : 0);
    }

    /// <summary>The intervals that hold a new row's label with probability <paramref name="level"/>.</summary>
    /// <param name="level">From 0.5 to 0.999.</param>
    /// <exception cref="LearningException">There are too few rows for that level; the message says which one there are enough for.</exception>
    public IntervalRule At(double level)
    {
        ConformalLevel.Check(level, "interval");
        var (lower, upper) = (Residuals.Lower((1 - level) / 2), Residuals.Upper((1 - level) / 2));
        return float.IsFinite(lower) && float.IsFinite(upper)
            ? new IntervalRule(lower, upper, Scale, Floor)
            : throw new LearningException(
                $"The model was validated on {Residuals.Rows} rows, too few for intervals of {ConformalLevel.Text(level)}; ask for at most {ConformalLevel.Text(HighestLevel())}, or train on more rows.");
    }

    /// <summary>The highest level that there are rows enough for: each tail needs one row beyond its end.</summary>
    public double HighestLevel() => Math.Max(0, 1 - 2.0 / (Residuals.Rows + 1));

    private static ConformityScores Scores(ReadOnlySpan<float> predictions, ReadOnlySpan<float> residuals, ResidualScale scale)
    {
        var scores = new float[residuals.Length];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = (float)(residuals[row] / scale.At(predictions[row]));
        return ConformityScores.Of(scores);
    }

    /// <summary>
    /// Whether normalised intervals have a better interval score (Gneiting and Raftery 2007: width, and misses at their
    /// distance) on rows that neither was fitted on, by more than one standard error of the rows' differences.
    /// </summary>
    private static bool ScalingPays(float[] predictions, float[] residuals)
    {
        var gains = new double[residuals.Length];
        for (var chunk = 0; chunk < Chunks; chunk++)
        {
            var (fitPredictions, fitResiduals) = (new List<float>(), new List<float>());
            for (var row = 0; row < residuals.Length; row++)
                if (row % Chunks != chunk)
                {
                    fitPredictions.Add(predictions[row]);
                    fitResiduals.Add(residuals[row]);
                }

            var (p, r) = (fitPredictions.ToArray(), fitResiduals.ToArray());
            var scale = ResidualScale.Fit(p, r);
            if (scale.Values.Length < 2)
                return false;
            var (plain, scaled) = (Scores(p, r, ResidualScale.Constant), Scores(p, r, scale));
            for (var row = chunk; row < residuals.Length; row += Chunks)
                gains[row] = Penalty(plain, 1, residuals[row]) - Penalty(scaled, scale.At(predictions[row]), residuals[row]);
        }

        double sum = 0, squares = 0;
        foreach (var gain in gains)
        {
            sum += gain;
            squares += gain * gain;
        }

        var mean = sum / gains.Length;
        return mean > Math.Sqrt(Math.Max(0, squares / gains.Length - mean * mean) / gains.Length);
    }

    private static double Penalty(ConformityScores scores, double scale, double residual)
    {
        const double tail = (1 - UsualLevel) / 2;
        var (lower, upper) = (scale * scores.Lower(tail), scale * scores.Upper(tail));
        return upper - lower + (Math.Max(0, lower - residual) + Math.Max(0, residual - upper)) / tail;
    }
}

/// <summary>Intervals of one level.</summary>
/// <param name="Low">The lower quantile of the normalised residuals.</param>
/// <param name="High">The upper one.</param>
/// <param name="Scale">What they are multiplied by.</param>
/// <param name="Floor">The lowest end there is, or null.</param>
public sealed record IntervalRule(float Low, float High, ResidualScale Scale, double? Floor)
{
    /// <summary>The interval around a prediction, which it holds. No allocation.</summary>
    public Interval Around(float prediction)
    {
        var scale = Scale.At(prediction);
        var lower = Math.Min(prediction + scale * Low, prediction);
        var upper = Math.Max(prediction + scale * High, prediction);
        if (Floor is { } floor)
            (lower, upper) = (Math.Max(lower, floor), Math.Max(upper, floor));
        return new Interval((float)lower, (float)upper);
    }
}
