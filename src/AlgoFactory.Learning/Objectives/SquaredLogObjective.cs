using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// The squared error of the label's logarithm, with a log link: what a regression on a log-transformed target minimises. The
/// prediction is the geometric mean: an error of a tenth counts alike for small and large labels, so mean absolute and
/// relative errors gain where labels span orders of magnitude; the squared error in the label's own unit seldom does.
/// </summary>
public sealed class SquaredLogObjective : IObjective
{
    /// <summary>Padding beside the last rows has labels of 0; their logarithm must stay a number for their weight of 0 to count.</summary>
    private const float LeastLabel = 1e-37f;

    /// <inheritdoc/>
    public string Name => "squared_log";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Exponential;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.AtLeast(rows.Labels.Span, 0, allowMinimum: false, Name);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores)
    {
        var (sum, total) = (0.0, 0.0);
        var (labels, weights) = (rows.Labels, rows.Weights);
        for (var i = 0; i < labels.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights.Span[i];
            sum += weight * Math.Log(Math.Max(labels.Span[i], LeastLabel));
            total += weight;
        }

        scores[0] = total > 0 ? sum / total : 0;
    }

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(default(Kernel), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(default(Kernel), scores, rows);

    private readonly struct Kernel : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label) =>
            (Residual(score, label), Vector256<float>.One);

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label)
        {
            var residual = Residual(score, label);
            return residual * residual;
        }

        private static Vector256<float> Residual(Vector256<float> score, Vector256<float> label) =>
            score - Vector256.Log(Vector256.Max(label, Vector256.Create(LeastLabel)));
    }
}
