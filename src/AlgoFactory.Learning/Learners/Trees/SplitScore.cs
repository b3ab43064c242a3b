using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>What two children are worth together. Implemented by structs, so that the search's loops are compiled for each.</summary>
internal interface ISplitScore
{
    /// <summary>The children's gain; negative infinity for children that may not be.</summary>
    double Gain(double leftGradient, double leftHessian, double rightGradient, double rightHessian);

    /// <summary>Whether one of four cuts may gain more than <paramref name="bar"/>: false only if none does.</summary>
    /// <param name="left">The gradients left of each cut.</param>
    /// <param name="leftHessian">The second derivatives left of each cut.</param>
    /// <param name="gradient">The node's gradient.</param>
    /// <param name="hessian">The node's second derivative.</param>
    /// <param name="floor">The least second derivative of a child, above 0.</param>
    /// <param name="bar">The gain to beat.</param>
    bool MayBeat(Vector256<double> left, Vector256<double> leftHessian, double gradient, double hessian, double floor, double bar);
}

/// <summary>The gain of plain Newton steps, G² / (H + λ): four cuts are first looked at together.</summary>
internal readonly struct NewtonScore(double l2) : ISplitScore
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Gain(double leftGradient, double leftHessian, double rightGradient, double rightHessian) =>
        Gain(leftGradient, leftHessian) + Gain(rightGradient, rightHessian);

    /// <summary>The gain of one node, whose second derivative is above 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Gain(double gradient, double hessian) => gradient * gradient / (hessian + l2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool MayBeat(Vector256<double> left, Vector256<double> leftHessian, double gradient, double hessian, double floor, double bar)
    {
        var right = Vector256.Create(gradient) - left;
        var rightHessian = Vector256.Create(hessian) - leftHessian;
        var penalty = Vector256.Create(l2);
        var (below, above) = (leftHessian + penalty, rightHessian + penalty);
        // Multiplied out, since a division takes as long as all the rest; the hair less makes up for rounding, and what is
        // no number (an overflow) counts as perhaps.
        var gain = left * left * above + right * right * below;
        var least = Vector256.Create(floor);
        var better = ~Vector256.LessThan(gain, Vector256.Create(bar * (1 - 1e-12)) * (below * above)) &
            Vector256.GreaterThanOrEqual(leftHessian, least) & Vector256.GreaterThanOrEqual(rightHessian, least);
        return better != Vector256<double>.Zero;
    }
}

/// <summary>The gain of the values that leaves may have under caps, smoothing and monotone features.</summary>
internal readonly struct ValueScore(LeafRule leaf, double l2, double rowsPerHessian, NodeLimits limits, int direction) : ISplitScore
{
    public double Gain(double leftGradient, double leftHessian, double rightGradient, double rightHessian)
    {
        var left = leaf.Value(leftGradient, leftHessian, l2, leftHessian * rowsPerHessian, limits);
        var right = leaf.Value(rightGradient, rightHessian, l2, rightHessian * rowsPerHessian, limits);
        if (direction > 0 ? left > right : direction < 0 && left < right)
            return double.NegativeInfinity;
        return leaf.Gain(leftGradient, leftHessian, l2, left) + leaf.Gain(rightGradient, rightHessian, l2, right);
    }

    /// <summary>Not worth a vector's while: each cut is looked at.</summary>
    public bool MayBeat(Vector256<double> left, Vector256<double> leftHessian, double gradient, double hessian, double floor, double bar) => true;
}
