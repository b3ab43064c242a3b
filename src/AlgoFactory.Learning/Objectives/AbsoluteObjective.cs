using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// The absolute error (L1): the prediction is the median. Trees grow on the error's sign and each leaf becomes the median of
/// its residuals (Friedman 2001, algorithm 3).
/// </summary>
public sealed class AbsoluteObjective : IObjective
{
    /// <inheritdoc/>
    public string Name => "absolute";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Identity;

    /// <inheritdoc/>
    public bool ScalesWithTarget => true;

    /// <inheritdoc/>
    public double? LeafQuantile => 0.5;

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.Finite(rows.Labels.Span);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores) => scores[0] = WeightedQuantile.Of(rows, 0.5);

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(default(Kernel), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(default(Kernel), scores, rows);

    private readonly struct Kernel : IPointwiseLoss
    {
        // At 0 the slope is 0: a row that is met exactly pulls to neither side.
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label) =>
            ((Vector256.GreaterThan(score, label) & Vector256<float>.One) - (Vector256.LessThan(score, label) & Vector256<float>.One),
             Vector256<float>.One);

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label) => Vector256.Abs(score - label);
    }
}
