using System.Numerics.Tensors;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Steps all parameters of a network after a batch: the gradient's norm is clipped, the optimizer steps, and then the
/// penalties pull weights towards 0 by themselves (decoupled, Loshchilov and Hutter, 2019), so that their strength means the
/// same with every optimizer; the absolute one may stop at 0 (soft threshold).
/// </summary>
/// <param name="optimizer">The rule.</param>
/// <param name="l1">Penalty on absolute weights.</param>
/// <param name="l2">Penalty on half the squares of weights.</param>
/// <param name="clip">The greatest norm of the whole gradient; 0: any.</param>
internal sealed class ParameterUpdate(IOptimizer optimizer, float l1, float l2, float clip)
{
    /// <summary>Values of one piece of parallel work.</summary>
    private const int PieceLength = 1 << 14;

    private int _steps;

    /// <summary>Steps parameters whose gradients a batch has set.</summary>
    public void Step(IReadOnlyList<Parameter> parameters, float rate, Workers workers)
    {
        var size = new StepSize(++_steps, rate, Scale(parameters));
        foreach (var parameter in parameters)
        {
            if (parameter.Touched is { } touched)
            {
                foreach (var row in touched.Rows)
                    Step(parameter, row * touched.RowLength, (row + 1) * touched.RowLength, size);
                continue;
            }

            workers.Ranges(parameter.Values.Length, PieceLength, (from, to) => Step(parameter, from, to, size));
        }
    }

    private void Step(Parameter parameter, int from, int to, in StepSize size)
    {
        var values = parameter.Values.AsSpan(from..to);
        optimizer.Step(values, parameter.Gradient.AsSpan(from..to), parameter.First.AsSpan(from..to), parameter.Second.AsSpan(from..to), size);
        if (!parameter.Decays)
            return;
        if (l2 > 0)
            TensorPrimitives.Multiply(values, 1 - Math.Min(1, size.Rate * l2), values);
        if (!(l1 > 0))
            return;
        var threshold = size.Rate * l1;
        foreach (ref var value in values)
            value = MathF.CopySign(Math.Max(0, MathF.Abs(value) - threshold), value);
    }

    /// <summary>The factor that brings the gradient's norm down to the greatest allowed. Sums run in a fixed order.</summary>
    private float Scale(IReadOnlyList<Parameter> parameters)
    {
        if (!(clip > 0))
            return 1;
        double square = 0;
        foreach (var parameter in parameters)
        {
            var gradient = parameter.Gradient.AsSpan();
            if (parameter.Touched is { } touched)
                foreach (var row in touched.Rows)
                    square += Square(gradient.Slice(row * touched.RowLength, touched.RowLength));
            else
                for (var from = 0; from < gradient.Length; from += PieceLength)
                    square += Square(gradient[from..Math.Min(gradient.Length, from + PieceLength)]);
        }

        var norm = Math.Sqrt(square);
        return norm > clip ? (float)(clip / norm) : 1;

        static float Square(ReadOnlySpan<float> values) => LinearKernels.Dot(values, values);
    }
}
