using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// Deviance of the Tweedie family with a log link: the variance is the mean to the power p. Power 1 is Poisson (counts), power
/// 2 is Gamma (positive amounts), and between them lie sums of a Poisson number of Gamma amounts (Jørgensen 1987). With
/// A = y·exp((1-p)f) and B = exp((2-p)f), the derivatives are B - A and (p-1)A + (2-p)B for all of them.
/// </summary>
public sealed class TweedieObjective : IObjective
{
    /// <summary>Raw scores are held to it, so that no exponential leaves single precision.</summary>
    private const float MaxScore = 80;

    private const double MinMean = 1e-12;

    private readonly double _power;

    private TweedieObjective(string name, double power) => (Name, _power) = (name, power);

    /// <summary>Counts: variance = mean.</summary>
    public static TweedieObjective Poisson { get; } = new("poisson", 1);

    /// <summary>Positive amounts: variance = mean².</summary>
    public static TweedieObjective Gamma { get; } = new("gamma", 2);

    /// <summary>Amounts with many zeros.</summary>
    /// <param name="variancePower">Above 1 and below 2.</param>
    public static TweedieObjective Tweedie(double variancePower) => variancePower is > 1 and < 2
        ? new TweedieObjective("tweedie", variancePower)
        : throw new LearningException($"The Tweedie variance power is {variancePower}; it lies above 1 (poisson) and below 2 (gamma).");

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Exponential;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <summary>
    /// The exact minimiser, as in Ridgeway's gbm for Poisson: with the sums G = B - A and H of a leaf, A and B follow, and
    /// log(A / B) sets the slope to 0. In terms of the Newton step v that is log((1 + (2-p)v) / (1 - (p-1)v)). Newton's own step
    /// would be exp(1000) for a label a thousand times its prediction.
    /// </summary>
    public double LeafStep(double newton) =>
        Math.Log(Math.Max(MinMean, 1 + (2 - _power) * newton) / Math.Max(MinMean, 1 - (_power - 1) * newton));

    /// <inheritdoc/>
    public void Check(LabelledRows rows) => LabelChecks.AtLeast(rows.Labels.Span, 0, allowMinimum: _power < 2, Name);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores) =>
        scores[0] = Math.Log(Math.Max(MinMean, WeightedMean.Of(rows.Labels.Span, rows.Weights.Span)));

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs) =>
        Pointwise.Gradients(new Kernel((float)_power), scores, rows, start, end, pairs[0]);

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows) => Pointwise.MeanLoss(new Kernel((float)_power), scores, rows);

    private readonly struct Kernel(float power) : IPointwiseLoss
    {
        public (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label)
        {
            var (a, b) = Terms(score, label);
            return (b - a, a * (power - 1) + b * (2 - power));
        }

        public Vector256<float> Loss(Vector256<float> score, Vector256<float> label)
        {
            var (a, b) = Terms(score, label);
            if (power == 1)
                return b - label * score;
            return power == 2 ? a + score : a * (1 / (power - 1)) + b * (1 / (2 - power));
        }

        private (Vector256<float> A, Vector256<float> B) Terms(Vector256<float> score, Vector256<float> label)
        {
            var held = Vector256.Clamp(score, Vector256.Create(-MaxScore), Vector256.Create(MaxScore));
            return (power == 1 ? label : label * Vector256.Exp(held * (1 - power)), power == 2 ? Vector256<float>.One : Vector256.Exp(held * (2 - power)));
        }
    }
}
