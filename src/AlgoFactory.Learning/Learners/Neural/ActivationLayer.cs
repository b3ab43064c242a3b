using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>What bends a layer's output. The values are part of the file format.</summary>
internal enum Activation
{
    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>x / (1 + e⁻ˣ), also called swish (Elfwing et al., 2017).</summary>
    Silu,
}

/// <summary>Bends each value by itself.</summary>
/// <param name="kind">How.</param>
/// <param name="width">Values of a row.</param>
internal sealed class ActivationLayer(Activation kind, int width) : ILayer
{
    private const int Lanes = 8;

    private float[] _input = [];
    private float[] _output = [];

    /// <inheritdoc/>
    public IEnumerable<Parameter> Parameters => [];

    /// <inheritdoc/>
    public float[] Forward(float[] input, Batch batch)
    {
        _input = input;
        var output = LayerBuffer.Hold(ref _output, batch.Rows * width);
        LayerBuffer.Vectors(batch.Workers, batch.Rows * width, (from, to) => Apply(kind, input.AsSpan(from..to), output.AsSpan(from..to)));
        return output;
    }

    /// <inheritdoc/>
    public float[] Backward(float[] gradient, Batch batch)
    {
        LayerBuffer.Vectors(batch.Workers, batch.Rows * width, (from, to) => Slope(kind, _input.AsSpan(from..to), gradient.AsSpan(from..to)));
        return gradient;
    }

    /// <summary>Bends values; the lengths are whole vectors, so that a value's bits do not depend on its place.</summary>
    public static void Apply(Activation kind, ReadOnlySpan<float> input, Span<float> output)
    {
        for (var i = 0; i < input.Length; i += Lanes)
        {
            var x = Vector256.Create(input[i..]);
            (kind == Activation.Relu ? Vector256.Max(x, default) : x / (Vector256<float>.One + Vector256.Exp(-x))).CopyTo(output[i..]);
        }
    }

    /// <summary>Multiplies gradients by the derivative at the input.</summary>
    private static void Slope(Activation kind, ReadOnlySpan<float> input, Span<float> gradient)
    {
        for (var i = 0; i < input.Length; i += Lanes)
        {
            var (x, g) = (Vector256.Create(input[i..]), Vector256.Create<float>(gradient[i..]));
            if (kind == Activation.Relu)
            {
                (Vector256.GreaterThan(x, default) & g).CopyTo(gradient[i..]);
                continue;
            }

            var sigmoid = Vector256<float>.One / (Vector256<float>.One + Vector256.Exp(-x));
            (g * sigmoid * (Vector256<float>.One + x * (Vector256<float>.One - sigmoid))).CopyTo(gradient[i..]);
        }
    }
}
