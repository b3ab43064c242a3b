using AlgoFactory.Learning;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// What a regression's squared errors say of how far its score can be trusted. Where targets have a heavy tail, a handful of rows
/// makes most of the error, and which trial is best is a matter of these rows alone.
/// </summary>
internal static class SquaredErrors
{
    /// <summary>Of normally distributed errors, (Σe²)² / Σe⁴ is a third of their number.</summary>
    private const double Normal = 3;

    /// <summary>
    /// The rows that count: as many as normally distributed errors would need for a score as certain as this one; at most the rows
    /// that there are (Kish's effective sample size, Survey Sampling, 1965, of the squared errors). Other tasks: all rows.
    /// </summary>
    /// <param name="evaluator">Knows the labels.</param>
    /// <param name="scores">Out-of-sample scores.</param>
    public static double EffectiveRows(TrialEvaluator evaluator, ReadOnlySpan<float> scores)
    {
        var labels = evaluator.Features.ValidationLabels.Span;
        if (evaluator.TaskKind != TaskKind.Regression)
            return labels.Length;
        var weights = evaluator.Features.ValidationWeights.Span;
        var (sum, squares) = (0.0, 0.0);
        for (var row = 0; row < labels.Length; row++)
        {
            var error = Squared(scores[row] - labels[row]) * (weights.IsEmpty ? 1 : weights[row]);
            (sum, squares) = (sum + error, squares + Squared(error));
        }

        return squares > 0 ? Math.Min(labels.Length, Normal * sum * sum / squares) : labels.Length;
    }

    /// <summary>Whether scores have greater squared errors than others by more than two standard errors of the rows' differences.</summary>
    public static bool AreWorse(TrialEvaluator evaluator, ReadOnlySpan<float> scores, ReadOnlySpan<float> others)
    {
        var labels = evaluator.Features.ValidationLabels.Span;
        var weights = evaluator.Features.ValidationWeights.Span;
        var (sum, squares) = (0.0, 0.0);
        for (var row = 0; row < labels.Length; row++)
        {
            var difference = (Squared(scores[row] - labels[row]) - Squared(others[row] - labels[row])) * (weights.IsEmpty ? 1 : weights[row]);
            (sum, squares) = (sum + difference, squares + Squared(difference));
        }

        return sum > 2 * Math.Sqrt(Math.Max(0, squares - sum * sum / labels.Length));
    }

    private static double Squared(double value) => value * value;
}
