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
}
