using System.Buffers;
using System.Numerics.Tensors;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>Log loss of several classes: one raw score a class, probabilities by softmax.</summary>
public sealed class SoftmaxObjective : IObjective
{
    private const double MinProbability = 1e-7;
    private const int BlockRows = 256;

    /// <summary>Creates the loss for that many classes, at least 2.</summary>
    public SoftmaxObjective(int classes) => Outputs = classes;

    /// <inheritdoc/>
    public string Name => "softmax";

    /// <inheritdoc/>
    public int Outputs { get; }

    /// <inheritdoc/>
    public OutputLink Link => OutputLink.Softmax;

    /// <inheritdoc/>
    public bool ScalesWithTarget => false;

    /// <inheritdoc/>
    public void Check(ReadOnlySpan<float> labels) => LabelChecks.Classes(labels, Outputs);

    /// <inheritdoc/>
    public void BaseScores(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Span<double> scores)
    {
        scores.Clear();
        var total = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var weight = weights.IsEmpty ? 1 : weights[i];
            scores[(int)labels[i]] += weight;
            total += weight;
        }

        foreach (ref var score in scores)
            score = Math.Log(Math.Max(total > 0 ? score / total : 0, MinProbability));
    }

    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, int start, int end, GradientPair[][] pairs)
    {
        var rows = labels.Length;
        // The diagonal of the Hessian alone is too small a curvature for simultaneous steps; Friedman's factor (2001, algorithm 6).
        var factor = Outputs / (Outputs - 1f);
        var block = ArrayPool<float>.Shared.Rent(BlockRows * Outputs);
        Span<float> max = stackalloc float[BlockRows];
        Span<float> sum = stackalloc float[BlockRows];
        for (var at = start; at < end; at += BlockRows)
        {
            var count = Math.Min(BlockRows, end - at);
            Probabilities(scores, rows, at, count, block, max, sum);
            for (var k = 0; k < Outputs; k++)
            {
                var to = pairs[k].AsSpan(at, count);
                var p = block.AsSpan(k * BlockRows, count);
                for (var j = 0; j < count; j++)
                {
                    var weight = weights.IsEmpty ? 1 : weights[at + j];
                    var hit = labels[at + j] == k ? 1f : 0f;
                    to[j] = new GradientPair((p[j] - hit) * weight, factor * p[j] * (1 - p[j]) * weight);
                }
            }
        }

        ArrayPool<float>.Shared.Return(block);
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        var rows = labels.Length;
        var (sum, total) = (0.0, 0.0);
        for (var i = 0; i < rows; i++)
        {
            double weight = weights.IsEmpty ? 1 : weights[i];
            double max = scores[i];
            for (var k = 1; k < Outputs; k++)
                max = Math.Max(max, scores[k * rows + i]);
            var exponentials = 0.0;
            for (var k = 0; k < Outputs; k++)
                exponentials += Math.Exp(scores[k * rows + i] - max);
            var label = (int)labels[i];
            var loss = label < 0 ? -Math.Log(MinProbability) : max + Math.Log(exponentials) - scores[label * rows + i];
            sum += weight * loss;
            total += weight;
        }

        return sum / total;
    }

    private void Probabilities(ReadOnlySpan<float> scores, int rows, int at, int count, float[] block, Span<float> max, Span<float> sum)
    {
        max = max[..count];
        sum = sum[..count];
        max.Fill(float.NegativeInfinity);
        for (var k = 0; k < Outputs; k++)
            TensorPrimitives.Max(max, scores.Slice(k * rows + at, count), max);
        sum.Clear();
        for (var k = 0; k < Outputs; k++)
        {
            var p = block.AsSpan(k * BlockRows, count);
            TensorPrimitives.Subtract(scores.Slice(k * rows + at, count), max, p);
            TensorPrimitives.Exp(p, p);
            TensorPrimitives.Add(sum, p, sum);
        }

        for (var k = 0; k < Outputs; k++)
        {
            var p = block.AsSpan(k * BlockRows, count);
            TensorPrimitives.Divide(p, sum, p);
        }
    }
}
