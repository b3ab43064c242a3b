using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>The squared error: the prediction is the mean. Trained on by half, so that the second derivative is 1.</summary>
public sealed class SquaredObjective : IObjective
{
    /// <inheritdoc/>
    public string Name => "squared";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Identity;

    /// <inheritdoc/>
    public bool ScalesWithTarget => true;

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.Finite(rows.Labels.Span);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores) => scores[0] = WeightedMean.Of(rows.Labels.Span, rows.Weights.Span);

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(default(Kernel), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(default(Kernel), scores, rows);

    private readonly struct Kernel : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label) =>
            (score - label, Vector256<float>.One);

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label) => (score - label) * (score - label);
    }
}
