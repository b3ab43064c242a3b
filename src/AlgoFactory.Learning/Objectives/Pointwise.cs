using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Objectives;

/// <summary>A loss of one score and one label, eight rows at a time.</summary>
internal interface IPointwiseLoss
{
    /// <summary>First and second derivative by the score.</summary>
    (Vector256<float> Gradient, Vector256<float> Hessian) Derivatives(Vector256<float> score, Vector256<float> label);

    /// <summary>The loss.</summary>
    Vector256<float> Loss(Vector256<float> score, Vector256<float> label);
}

/// <summary>
/// Runs a pointwise loss over rows. The last rows go through the same vector instructions, padded, so that a row's bits do not
/// depend on where its range ends. A loss is a struct: the compiler makes one loop for each, without a call.
/// </summary>
internal static class Pointwise
{
    private const int Lanes = 8;

    /// <summary>Writes the weighted derivatives of rows <paramref name="start"/> .. <paramref name="end"/> - 1.</summary>
    public static void Gradients<TLoss>(TLoss loss, ReadOnlySpan<float> scores, LabelledRows rows, int start, int end, GradientPair[] pairs)
        where TLoss : struct, IPointwiseLoss
    {
        var labels = rows.Labels.Span;
        var weights = rows.Weights.Span;
        var at = start;
        for (; at <= end - Lanes; at += Lanes)
        {
            var (gradient, hessian) = loss.Derivatives(Load(scores, at), Load(labels, at));
            Store(gradient, hessian, weights.IsEmpty ? Vector256<float>.One : Load(weights, at), pairs.AsSpan(at, Lanes));
        }

        if (at == end)
            return;
        var (score, label, weight) = Padded(scores, labels, weights, at, end);
        var last = loss.Derivatives(score, label);
        Span<GradientPair> tail = stackalloc GradientPair[Lanes];
        Store(last.Gradient, last.Hessian, weight, tail);
        tail[..(end - at)].CopyTo(pairs.AsSpan(at));
    }

    /// <summary>The weighted mean of the loss, summed in double precision.</summary>
    public static double MeanLoss<TLoss>(TLoss loss, ReadOnlySpan<float> scores, LabelledRows rows)
        where TLoss : struct, IPointwiseLoss
    {
        var labels = rows.Labels.Span;
        var weights = rows.Weights.Span;
        var (sum, total) = (Vector256<double>.Zero, Vector256<double>.Zero);
        var at = 0;
        for (; at <= labels.Length - Lanes; at += Lanes)
            Add(loss.Loss(Load(scores, at), Load(labels, at)), weights.IsEmpty ? Vector256<float>.One : Load(weights, at), ref sum, ref total);
        if (at < labels.Length)
        {
            var (score, label, weight) = Padded(scores, labels, weights, at, labels.Length);
            Add(loss.Loss(score, label), weight, ref sum, ref total);
        }

        return Vector256.Sum(sum) / Vector256.Sum(total);
    }

    /// <summary>Writes eight pairs times their weights; a pair is eight bytes, the gradient in the lower four.</summary>
    public static void Store(Vector256<float> gradient, Vector256<float> hessian, Vector256<float> weight, Span<GradientPair> to)
    {
        var (g, h) = ((gradient * weight).AsUInt32(), (hessian * weight).AsUInt32());
        var words = MemoryMarshal.Cast<GradientPair, ulong>(to);
        (Vector256.WidenLower(g) | Vector256.ShiftLeft(Vector256.WidenLower(h), 32)).CopyTo(words);
        (Vector256.WidenUpper(g) | Vector256.ShiftLeft(Vector256.WidenUpper(h), 32)).CopyTo(words[4..]);
    }

    /// <summary>Eight values from a place on.</summary>
    public static Vector256<float> Load(ReadOnlySpan<float> values, int at) => Vector256.Create(values.Slice(at, Lanes));

    private static void Add(Vector256<float> loss, Vector256<float> weight, ref Vector256<double> sum, ref Vector256<double> total)
    {
        var (low, high) = (Vector256.WidenLower(weight), Vector256.WidenUpper(weight));
        sum += Vector256.WidenLower(loss) * low + Vector256.WidenUpper(loss) * high;
        total += low + high;
    }

    /// <summary>The last rows with zeros behind them: also the weights, so that padding counts for nothing.</summary>
    private static (Vector256<float> Score, Vector256<float> Label, Vector256<float> Weight) Padded(
        ReadOnlySpan<float> scores, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, int start, int end)
    {
        Span<float> padded = stackalloc float[3 * Lanes];
        padded.Clear();
        var count = end - start;
        scores.Slice(start, count).CopyTo(padded);
        labels.Slice(start, count).CopyTo(padded[Lanes..]);
        if (weights.IsEmpty)
            padded.Slice(2 * Lanes, count).Fill(1);
        else
            weights.Slice(start, count).CopyTo(padded[(2 * Lanes)..]);
        return (Load(padded, 0), Load(padded, Lanes), Load(padded, 2 * Lanes));
    }
}
