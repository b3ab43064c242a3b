using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>Log loss of two classes: labels are 0 and 1, the raw score is the log odds of class 1.</summary>
public sealed class LogisticObjective : IObjective
{
    private const double MinProbability = 1e-7;

    /// <inheritdoc/>
    public string Name => "logistic";

    /// <inheritdoc/>
    public int Outputs => 1;

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Logistic;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <inheritdoc/>
    public void Check(ReadOnlySpan<float> labels) => LabelChecks.Classes(labels, 2);

    /// <inheritdoc/>
    public void BaseScores(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Span<double> scores)
    {
        var probability = Math.Clamp(WeightedMean.Of(labels, weights), MinProbability, 1 - MinProbability);
        scores[0] = Math.Log(probability / (1 - probability));
    }

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, int start, int end, GradientPair[][] pairs)
    {
        var to = pairs[0];
        Span<float> probabilities = stackalloc float[8];
        for (var at = start; at < end; at += 8)
        {
            // Eight at a time also where fewer are left, so that a row's bits do not depend on where its range ends.
            var count = Math.Min(8, end - at);
            probabilities.Clear();
            scores.Slice(at, count).CopyTo(probabilities);
            (Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-Vector256.Create<float>(probabilities)))).CopyTo(probabilities);
            for (var j = 0; j < count; j++)
            {
                var weight = weights.IsEmpty ? 1 : weights[at + j];
                var p = probabilities[j];
                to[at + j] = new GradientPair((p - labels[at + j]) * weight, p * (1 - p) * weight);
            }
        }
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            // log(1 + exp(-margin)) without overflow.
            double margin = labels[i] == 1 ? scores[i] : -scores[i];
            sum += weight * (Math.Max(0, -margin) + Math.Log(1 + Math.Exp(-Math.Abs(margin))));
            total += weight;
        }

        return sum / total;
    }
}
