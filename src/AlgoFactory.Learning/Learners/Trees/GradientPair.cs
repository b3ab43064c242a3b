using System.Runtime.InteropServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>First and second derivative of the loss at one row's score, already multiplied by the row's weight.</summary>
/// <remarks>Eight bytes side by side, so that a histogram kernel adds both with one instruction.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public struct GradientPair(float gradient, float hessian)
{
    /// <summary>The first derivative.</summary>
    public float Gradient = gradient;

    /// <summary>The second derivative, not negative.</summary>
    public float Hessian = hessian;
}
