using System.Numerics;
using System.Runtime.InteropServices;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Adam (Kingma and Ba, 2015); with the decoupled decay of <see cref="ParameterUpdate"/> it is AdamW (Loshchilov and Hutter, 2019).
/// </summary>
internal sealed class AdamOptimizer : IOptimizer
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    /// <inheritdoc/>
    public void Step(Span<float> values, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, in StepSize step)
    {
        var firstScale = (float)(step.Rate / (1 - Math.Pow(Beta1, step.Number)));
        var secondScale = (float)(1 / (1 - Math.Pow(Beta2, step.Number)));
        var v = MemoryMarshal.Cast<float, Vector<float>>(values);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var m = MemoryMarshal.Cast<float, Vector<float>>(first);
        var s = MemoryMarshal.Cast<float, Vector<float>>(second);
        for (var i = 0; i < v.Length; i++)
        {
            var slope = g[i] * step.Scale;
            m[i] = m[i] * Beta1 + slope * (1 - Beta1);
            s[i] = s[i] * Beta2 + slope * slope * (1 - Beta2);
            v[i] -= m[i] * firstScale / (Vector.SquareRoot(s[i] * secondScale) + new Vector<float>(Epsilon));
        }

        for (var i = v.Length * Vector<float>.Count; i < values.Length; i++)
        {
            var slope = gradient[i] * step.Scale;
            first[i] = first[i] * Beta1 + slope * (1 - Beta1);
            second[i] = second[i] * Beta2 + slope * slope * (1 - Beta2);
            values[i] -= first[i] * firstScale / (MathF.Sqrt(second[i] * secondScale) + Epsilon);
        }
    }
}

/// <summary>Adagrad (Duchi, Hazan and Singer, 2011): steps shorten where gradients have been large.</summary>
internal sealed class AdagradOptimizer : IOptimizer
{
    private const float Epsilon = 1e-8f;

    /// <inheritdoc/>
    public void Step(Span<float> values, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, in StepSize step)
    {
        var v = MemoryMarshal.Cast<float, Vector<float>>(values);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var sums = MemoryMarshal.Cast<float, Vector<float>>(first);
        for (var i = 0; i < v.Length; i++)
        {
            var slope = g[i] * step.Scale;
            sums[i] += slope * slope;
            v[i] -= slope * step.Rate / (Vector.SquareRoot(sums[i]) + new Vector<float>(Epsilon));
        }

        for (var i = v.Length * Vector<float>.Count; i < values.Length; i++)
        {
            var slope = gradient[i] * step.Scale;
            first[i] += slope * slope;
            values[i] -= slope * step.Rate / (MathF.Sqrt(first[i]) + Epsilon);
        }
    }
}

/// <summary>Stochastic gradient descent with Nesterov's momentum, in the form of Sutskever et al., 2013.</summary>
internal sealed class MomentumOptimizer : IOptimizer
{
    private const float Momentum = 0.9f;

    /// <inheritdoc/>
    public void Step(Span<float> values, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, in StepSize step)
    {
        var v = MemoryMarshal.Cast<float, Vector<float>>(values);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var speeds = MemoryMarshal.Cast<float, Vector<float>>(first);
        for (var i = 0; i < v.Length; i++)
        {
            var slope = g[i] * step.Scale;
            speeds[i] = speeds[i] * Momentum + slope;
            v[i] -= (speeds[i] * Momentum + slope) * step.Rate;
        }

        for (var i = v.Length * Vector<float>.Count; i < values.Length; i++)
        {
            var slope = gradient[i] * step.Scale;
            first[i] = first[i] * Momentum + slope;
            values[i] -= (first[i] * Momentum + slope) * step.Rate;
        }
    }
}
