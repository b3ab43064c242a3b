using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// Huber's loss (1964): half the squared error up to <c>delta</c>, linear beyond, so that outliers pull no more than a row at
/// delta does. The second derivative is taken as 1 everywhere, which bounds the true one (1 or 0) and keeps every step short.
/// </summary>
public sealed class HuberObjective : IObjective
{
    /// <summary>Efficiency of 95 % where errors are normal (Huber 1981).</summary>
    private const double DeviationsPerDelta = 1.345;

    /// <summary>Median absolute deviation to standard deviation, where values are normal.</summary>
    private const double DeviationPerMad = 1.4826;

    private readonly double _delta;

    /// <summary>Creates the loss.</summary>
    /// <param name="delta">Where the loss turns linear, in the label's unit, above 0.</param>
    public HuberObjective(double delta) => _delta = delta;

    /// <inheritdoc/>
    public string Name => "huber";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Identity;

    /// <inheritdoc/>
    public bool ScalesWithTarget => true;

    /// <summary>Where the loss turns linear.</summary>
    public double Delta => _delta;

    /// <summary>
    /// A delta for these labels: 1.345 robust standard deviations (from the median absolute deviation), or the mean absolute
    /// deviation where more than half of the labels are equal; 1 where all are.
    /// </summary>
    public static double DeltaFor(LabelledRows rows)
    {
        var labels = rows.Labels.Span;
        var median = WeightedQuantile.Of(rows, 0.5);
        var deviations = new float[labels.Length];
        for (var i = 0; i < labels.Length; i++)
            deviations[i] = (float)Math.Abs(labels[i] - median);
        var mad = WeightedQuantile.Of(rows with { Labels = deviations }, 0.5);
        var scale = mad > 0 ? DeviationPerMad * mad : WeightedMean.Of(deviations, rows.Weights.Span);
        return scale > 0 ? DeviationsPerDelta * scale : 1;
    }

    /// <inheritdoc/>
    public IObjective ForScale(double scale) => new HuberObjective(_delta / scale);

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.Finite(rows.Labels.Span);

    /// <summary>Huber's location: from the median, mean of the clipped residuals until it stands still. The loss is convex.</summary>
    public void BaseScores(LabelledRows rows, Span<double> scores)
    {
        var labels = rows.Labels.Span;
        var weights = rows.Weights.Span;
        var center = WeightedQuantile.Of(rows, 0.5);
        for (var pass = 0; pass < 50; pass++)
        {
            var (sum, total) = (0.0, 0.0);
            for (var i = 0; i < labels.Length; i++)
            {
                double weight = weights.IsEmpty ? 1 : weights[i];
                sum += weight * Math.Clamp(labels[i] - center, -_delta, _delta);
                total += weight;
            }

            var step = total > 0 ? sum / total : 0;
            center += step;
            if (Math.Abs(step) < 1e-9 * _delta)
                break;
        }

        scores[0] = center;
    }

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(new Kernel((float)_delta), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(new Kernel((float)_delta), scores, rows);

    private readonly struct Kernel(float delta) : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label) =>
            (Vector256.Clamp(score - label, Vector256.Create(-delta), Vector256.Create(delta)), Vector256<float>.One);

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label)
        {
            // With the clipped error c: c²/2 inside, and delta (|e| - delta/2) outside, are both c (|e| - c/2).
            var error = Vector256.Abs(score - label);
            var clipped = Vector256.Min(error, Vector256.Create(delta));
            return clipped * (error - clipped * 0.5f);
        }
    }
}
