using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Conformal;

namespace AlgoFactory.Search.Experiments;

/// <summary>A fitted post-processing.</summary>
/// <param name="Post">What the model does to its scores.</param>
/// <param name="Scores">The out-of-fold scores as that makes them, each by a calibration that has not seen the row.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record FittedPost(PostProcessing Post, float[] Scores, ImmutableArray<string> Warnings);

/// <summary>
/// Fits what stands between a winner's scores and its answers, on its out-of-fold scores: calibration, then the decision
/// threshold and the conformal scores on calibrated probabilities.
/// </summary>
internal static class PostFit
{
    /// <summary>Fits everything that the task has use for.</summary>
    /// <param name="task">The task.</param>
    /// <param name="rule">How the threshold is chosen.</param>
    /// <param name="scores">Out-of-fold scores of the final combination.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    public static FittedPost Run(
        TaskSpec task, ThresholdRule rule, ReadOnlyMemory<float> scores, ReadOnlyMemory<float> labels, ReadOnlyMemory<float> weights)
    {
        if (task.Kind == TaskKind.Regression)
            return new FittedPost(
                new PostProcessing { Intervals = ConformalIntervals.Fit(scores.Span, labels.Span) }, scores.ToArray(), []);
        if (!task.IsClassification)
            return new FittedPost(new PostProcessing(), scores.ToArray(), []);
        var calibrated = CalibrationSelection.Choose(scores, task.OutputWidth, labels, weights);
        var post = new PostProcessing
        {
            Calibration = calibrated.Calibration,
            Sets = ConformalSets.Fit(task, calibrated.Scores, labels.Span),
        };
        if (task.Kind != TaskKind.Binary)
            return new FittedPost(post, calibrated.Scores, []);
        var threshold = DecisionThreshold.Choose(rule, calibrated.Scores, labels.Span, weights.Span);
        return new FittedPost(
            post with { Threshold = threshold ?? 0.5, ThresholdRule = threshold is null ? null : rule.ToString() },
            calibrated.Scores,
            threshold is null ? [$"No threshold of the winner gives what '{rule}' asks for on the validation rows; the threshold is 0.5."] : []);
    }
}
