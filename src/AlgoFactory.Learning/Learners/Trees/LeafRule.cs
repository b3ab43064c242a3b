using System.Runtime.CompilerServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The value of a leaf by the sums of its derivatives, and what the loss gains by a value (Chen and Guestrin 2016, equations 5 to 7).</summary>
internal readonly struct LeafRule(GrowthOptions options)
{
    private readonly double _l1 = options.L1;
    private readonly double _maxDeltaStep = options.MaxDeltaStep;
    private readonly double _pathSmooth = options.PathSmooth;

    /// <summary>Whether values are the plain Newton step -G / (H + λ), whose gain is G² / (H + λ).</summary>
    public bool IsPlain { get; } = options is { L1: 0, MaxDeltaStep: 0, PathSmooth: 0 } && options.Constraints is not { HasMonotone: true };

    /// <summary>The value: the step, capped, pulled to the parent's value in the place of so many rows, held between the limits.</summary>
    public double Value(double gradient, double hessian, double l2, double rows, NodeLimits limits)
    {
        var value = hessian + l2 > 0 ? -Threshold(gradient) / (hessian + l2) : 0;
        if (_maxDeltaStep > 0)
            value = Math.Clamp(value, -_maxDeltaStep, _maxDeltaStep);
        if (_pathSmooth > 0)
            value = (value * rows + limits.Parent * _pathSmooth) / (rows + _pathSmooth);
        return Math.Min(Math.Max(value, limits.Lower), limits.Upper);
    }

    /// <summary>Twice what the loss's second-order expansion loses by a value; the greatest at the plain step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Gain(double gradient, double hessian, double l2, double value) =>
        -(2 * Threshold(gradient) + (hessian + l2) * value) * value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double Threshold(double gradient) => _l1 == 0
        ? gradient
        : Math.Sign(gradient) * Math.Max(0, Math.Abs(gradient) - _l1);
}
