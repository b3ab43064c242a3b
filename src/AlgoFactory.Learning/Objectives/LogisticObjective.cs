using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>Log loss of two classes: labels are 0 and 1, the raw score is the log odds of class 1.</summary>
public sealed class LogisticObjective : IObjective
{
    /// <summary>What base probabilities are held away from 0 and 1 by, and the probability that a class never seen is given.</summary>
    internal const double MinProbability = 1e-7;

    /// <inheritdoc/>
    public string Name => "logistic";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Logistic;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.Classes(rows.Labels.Span, 2);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores)
    {
        var probability = Math.Clamp(WeightedMean.Of(rows.Labels.Span, rows.Weights.Span), MinProbability, 1 - MinProbability);
        scores[0] = Math.Log(probability / (1 - probability));
    }

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(default(Kernel), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(default(Kernel), scores, rows);

    private readonly struct Kernel : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label)
        {
            var p = Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-score));
            return (p - label, p * (Vector256<float>.One - p));
        }

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label)
        {
            // log(1 + exp(-margin)) without overflow, and exact where the exponential is too small to be added to 1.
            var margin = Vector256.ConditionalSelect(Vector256.Equals(label, Vector256<float>.One), score, -score);
            var small = Vector256.Exp(-Vector256.Abs(margin));
            var log = Vector256.ConditionalSelect(
                Vector256.LessThan(small, Vector256.Create(1e-3f)),
                small * (Vector256<float>.One - small * 0.5f),
                Vector256.Log(Vector256<float>.One + small));
            var loss = Vector256.Max(Vector256<float>.Zero, -margin) + log;
            return Vector256.ConditionalSelect(
                Vector256.LessThan(label, Vector256<float>.Zero), Vector256.Create((float)-Math.Log(MinProbability)), loss);
        }
    }
}
