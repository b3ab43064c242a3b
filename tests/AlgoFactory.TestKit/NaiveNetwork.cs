namespace AlgoFactory.TestKit;

/// <summary>Plain loops that the vectorised ones of networks must agree with.</summary>
public static class NaiveNetwork
{
    /// <summary>c += a × b, row-major; each element is one chain of fused multiply-adds along the inner dimension.</summary>
    public static void Multiply(float[] a, float[] b, float[] c, int rows, int inner, int columns)
    {
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                for (var k = 0; k < inner; k++)
                    c[i * columns + j] = MathF.FusedMultiplyAdd(a[i * inner + k], b[k * columns + j], c[i * columns + j]);
    }

    /// <summary>The matrix with rows as columns.</summary>
    public static float[] Transpose(float[] a, int rows, int columns)
    {
        var turned = new float[a.Length];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < columns; j++)
                turned[j * rows + i] = a[i * columns + j];
        return turned;
    }

    /// <summary>One dense layer with its activation, in double.</summary>
    public static double[] Layer(double[] input, float[] weights, float[] bias, Func<double, double> activation)
    {
        var output = new double[bias.Length];
        for (var j = 0; j < bias.Length; j++)
        {
            output[j] = bias[j];
            for (var k = 0; k < input.Length; k++)
                output[j] += input[k] * weights[k * bias.Length + j];
            output[j] = activation(output[j]);
        }

        return output;
    }
}
