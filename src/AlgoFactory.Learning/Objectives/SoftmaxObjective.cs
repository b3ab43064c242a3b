using System.Buffers;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>Log loss of several classes: one raw score a class, probabilities by softmax.</summary>
public sealed class SoftmaxObjective : IObjective
{
    private const int BlockRows = 256;
    private const int Lanes = 8;

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
    public void Check(LabelledRows rows) => LabelChecks.Classes(rows.Labels.Span, Outputs);

    /// <inheritdoc/>
    public void BaseScores(LabelledRows rows, Span<double> scores)
    {
        scores.Clear();
        var labels = rows.Labels.Span;
        var total = 0.0;
        for (var i = 0; i < labels.Length; i++)
        {
            var weight = rows.Weight(i);
            scores[(int)labels[i]] += weight;
            total += weight;
        }

        foreach (ref var score in scores)
            score = Math.Log(Math.Max(total > 0 ? score / total : 0, LogisticObjective.MinProbability));
    }

    /// <remarks>
    /// All classes step at once, each by the diagonal of the Hessian alone, which is too small a curvature for that: Friedman
    /// (2001, algorithm 6) shortens each step by (K-1)/K. As a factor K/(K-1) of the second derivative it also shortens the
    /// steps of regularised leaves, as LightGBM has it; XGBoost takes 2 for any K.
    /// </remarks>
    /// <inheritdoc/>
    public void Gradients(ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[][] pairs)
    {
        var factor = Outputs / (Outputs - 1f);
        var block = ArrayPool<float>.Shared.Rent(BlockRows * Outputs);
        Span<float> labels = stackalloc float[BlockRows];
        Span<float> weights = stackalloc float[BlockRows];
        Span<GradientPair> tail = stackalloc GradientPair[Lanes];
        for (var at = start; at < end; at += BlockRows)
        {
            var count = Math.Min(BlockRows, end - at);
            Gather(scores, rows, at, count, block, labels, weights);
            Probabilities(block, count);
            for (var k = 0; k < Outputs; k++)
            {
                var p = block.AsSpan(k * BlockRows, BlockRows);
                for (var j = 0; j < count; j += Lanes)
                {
                    var probability = Pointwise.Load(p, j);
                    var hit = Vector256.Equals(Pointwise.Load(labels, j), Vector256.Create((float)k)) & Vector256<float>.One;
                    var (gradient, hessian) = (probability - hit, probability * (Vector256<float>.One - probability) * factor);
                    if (j + Lanes <= count)
                    {
                        Pointwise.Store(gradient, hessian, Pointwise.Load(weights, j), pairs[k].AsSpan(at + j, Lanes));
                        continue;
                    }

                    Pointwise.Store(gradient, hessian, Pointwise.Load(weights, j), tail);
                    tail[..(count - j)].CopyTo(pairs[k].AsSpan(at + j));
                }
            }
        }

        ArrayPool<float>.Shared.Return(block);
    }

    /// <inheritdoc/>
    public double Loss(ReadOnlySpan<float> scores, LabelledRows rows)
    {
        var block = ArrayPool<float>.Shared.Rent(BlockRows * Outputs);
        Span<float> labels = stackalloc float[BlockRows];
        Span<float> weights = stackalloc float[BlockRows];
        var (sum, total) = (0.0, 0.0);
        for (var at = 0; at < rows.Count; at += BlockRows)
        {
            var count = Math.Min(BlockRows, rows.Count - at);
            Gather(scores, rows, at, count, block, labels, weights);
            for (var j = 0; j < count; j += Lanes)
            {
                var (max, others) = Sums(block, j);
                for (var lane = 0; lane < Math.Min(Lanes, count - j); lane++)
                {
                    var label = (int)labels[j + lane];
                    double loss = label < 0
                        ? -Math.Log(LogisticObjective.MinProbability)
                        : max[lane] - block[label * BlockRows + j + lane] + Math.Log(1 + (double)others[lane]);
                    sum += weights[j + lane] * loss;
                    total += weights[j + lane];
                }
            }
        }

        ArrayPool<float>.Shared.Return(block);
        return sum / total;
    }

    /// <summary>Copies a block's scores, class after class, and its labels and weights; whole vectors, the rest 0.</summary>
    private void Gather(ReadOnlySpan<float> scores, LabelledRows rows, int at, int count, float[] block, Span<float> labels, Span<float> weights)
    {
        for (var k = 0; k < Outputs; k++)
        {
            var to = block.AsSpan(k * BlockRows, BlockRows);
            scores.Slice(k * rows.Count + at, count).CopyTo(to);
            to[count..].Clear();
        }

        rows.Labels.Span.Slice(at, count).CopyTo(labels);
        if (rows.Weights.IsEmpty)
            weights.Fill(1);
        else
            rows.Weights.Span.Slice(at, count).CopyTo(weights);
    }

    private void Probabilities(float[] block, int count)
    {
        for (var j = 0; j < count; j += Lanes)
        {
            var (max, others) = Sums(block, j);
            var scale = Vector256<float>.One / (Vector256<float>.One + others);
            for (var k = 0; k < Outputs; k++)
            {
                var to = block.AsSpan(k * BlockRows + j, Lanes);
                (Vector256.Exp(Vector256.Create<float>(to) - max) * scale).CopyTo(to);
            }
        }
    }

    /// <summary>
    /// The greatest score of eight rows, and the sum of exp(score - greatest) without that 1 of the greatest score itself: so
    /// what is far smaller than 1 is not lost to rounding.
    /// </summary>
    private (Vector256<float> Max, Vector256<float> Others) Sums(float[] block, int j)
    {
        var max = Vector256.Create(float.NegativeInfinity);
        for (var k = 0; k < Outputs; k++)
            max = Vector256.Max(max, Pointwise.Load(block, k * BlockRows + j));
        var (others, ties) = (Vector256<float>.Zero, Vector256.Create(-1f));
        for (var k = 0; k < Outputs; k++)
        {
            var score = Pointwise.Load(block, k * BlockRows + j);
            var isMax = Vector256.Equals(score, max);
            ties += isMax & Vector256<float>.One;
            others += Vector256.AndNot(Vector256.Exp(score - max), isMax);
        }

        return (max, others + ties);
    }
}
