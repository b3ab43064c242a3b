namespace AlgoFactory.Learning.Metrics;

/// <summary>One model's scores of some rows, and their labels as the model counts its classes.</summary>
/// <param name="Task">The model's task.</param>
/// <param name="Scores">rows × <see cref="TaskSpec.OutputWidth"/>.</param>
/// <param name="Labels">One a row; -1: a class that the model does not know.</param>
/// <param name="Threshold">Binary: the probability from which the positive class is predicted.</param>
public sealed record ScoredRows(TaskSpec Task, float[] Scores, float[] Labels, double Threshold = 0.5);

/// <summary>How much better the second of two models is than the first on the same rows.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="First">The first model's metric.</param>
/// <param name="Second">The second's.</param>
/// <param name="GainLow">The lower end of the interval of the gain: the difference of the metrics, above 0 where the second model is better.</param>
/// <param name="GainHigh">Its upper end.</param>
public sealed record PairedGain(int Rows, double First, double Second, double GainLow, double GainHigh);

/// <summary>
/// Tells a better model from a luckier one: rows are drawn anew with replacement, the same ones for both models, and the gain is
/// measured on each draw (the percentile interval of Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13).
/// Pairing takes out what makes rows hard for both. Rows count as independent of each other.
/// </summary>
public static class PairedBootstrap
{
    /// <summary>The share of intervals that hold the true gain.</summary>
    public const double Level = 0.95;

    /// <summary>Draws that an interval is made of, unless there are so many scores that it would take minutes.</summary>
    public const int Draws = 1000;

    private const int FewestDraws = 200;
    private const long MostScores = 100_000_000;

    /// <summary>Compares two models.</summary>
    /// <param name="metric">The metric's name; both tasks must have it.</param>
    /// <param name="first">The first model on the rows.</param>
    /// <param name="second">The second one on the same rows, in the same order.</param>
    /// <param name="seed">What the draws follow from.</param>
    /// <param name="draws">How many there are.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The gain; null where the metric is not defined on these rows (AUC of one class).</returns>
    /// <exception cref="ArgumentException">The models do not have the same number of rows.</exception>
    public static PairedGain? Compare(string metric, ScoredRows first, ScoredRows second, int seed = 1, int draws = Draws, CancellationToken cancellation = default)
    {
        var rows = first.Labels.Length;
        if (second.Labels.Length != rows)
            throw new ArgumentException($"The first model has {rows} rows, the second {second.Labels.Length}.", nameof(second));
        var (before, after) = (Evaluation.Measure(metric, first), Evaluation.Measure(metric, second));
        if (rows == 0 || !double.IsFinite(before) || !double.IsFinite(after))
            return null;
        var sign = MetricCatalog.Find(metric, first.Task.Kind).HigherIsBetter ? 1 : -1;
        draws = Math.Clamp((int)Math.Min(draws, MostScores / ((long)rows * Math.Max(first.Task.OutputWidth, second.Task.OutputWidth))), Math.Min(draws, FewestDraws), draws);
        var random = new Random(seed);
        var drawn = new int[rows];
        var (one, two) = (Empty(first), Empty(second));
        var gains = new List<double>(draws);
        for (var draw = 0; draw < draws; draw++)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var i = 0; i < rows; i++)
                drawn[i] = random.Next(rows);
            var gain = sign * (Measure(metric, second, two, drawn) - Measure(metric, first, one, drawn));
            // A draw of one class has no AUC.
            if (double.IsFinite(gain))
                gains.Add(gain);
        }

        if (gains.Count == 0)
            return null;
        gains.Sort();
        var tail = (1 - Level) / 2;
        return new PairedGain(rows, before, after, gains[(int)(tail * (gains.Count - 1))], gains[(int)Math.Ceiling((1 - tail) * (gains.Count - 1))]);
    }

    private static ScoredRows Empty(ScoredRows of) => of with { Scores = new float[of.Scores.Length], Labels = new float[of.Labels.Length] };

    private static double Measure(string metric, ScoredRows all, ScoredRows to, int[] drawn)
    {
        var width = all.Task.OutputWidth;
        for (var i = 0; i < drawn.Length; i++)
        {
            to.Labels[i] = all.Labels[drawn[i]];
            all.Scores.AsSpan(drawn[i] * width, width).CopyTo(to.Scores.AsSpan(i * width));
        }

        return Evaluation.Measure(metric, to);
    }
}
