using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>Half the squared error: the prediction is the mean.</summary>
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
    public void Check(ReadOnlySpan<float> labels) => LabelChecks.Finite(labels);

    /// <inheritdoc/>
    public void BaseScores(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Span<double> scores) =>
        scores[0] = WeightedMean.Of(labels, weights);

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, int start, int end, GradientPair[][] pairs)
    {
        var to = pairs[0];
        for (var i = start; i < end; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            to[i] = new GradientPair((scores[i] - labels[i]) * weight, weight);
        }
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            double error = scores[i] - labels[i];
            sum += weight * error * error;
            total += weight;
        }

        return sum / total;
    }
}
