using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// The pinball loss (Koenker and Bassett 1978): the prediction is a quantile. It is piecewise linear and has no curvature, so
/// trees grow on its sign and each leaf becomes the quantile of its residuals.
/// </summary>
/// <param name="alpha">The quantile, above 0 and below 1.</param>
public sealed class QuantileObjective(double alpha) : IObjective
{
    /// <inheritdoc/>
    public string Name => "quantile";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Identity;

    /// <inheritdoc/>
    public bool ScalesWithTarget => true;

    /// <inheritdoc/>
    public double? LeafQuantile => alpha;

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.Finite(rows.Labels.Span);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores) => scores[0] = WeightedQuantile.Of(rows, alpha);

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(new Kernel((float)alpha), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(new Kernel((float)alpha), scores, rows);

    private readonly struct Kernel(float alpha) : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label) =>
            (Vector256.ConditionalSelect(Vector256.GreaterThan(label, score), Vector256.Create(-alpha), Vector256.Create(1 - alpha)),
             Vector256<float>.One);

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label)
        {
            var miss = label - score;
            return Vector256.Max(miss * alpha, miss * (alpha - 1));
        }
    }
}
