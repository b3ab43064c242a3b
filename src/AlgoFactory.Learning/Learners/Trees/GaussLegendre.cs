namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Points and weights on [0, 1] with which n values integrate a polynomial of degree up to 2n - 1 exactly.</summary>
internal static class GaussLegendre
{
    public static (double[] Points, double[] Weights) Rule(int n)
    {
        var (points, weights) = (new double[n], new double[n]);
        for (var i = 0; i < n; i++)
        {
            // Newton's method on the Legendre polynomial, from Tricomi's estimate of its i-th root.
            var x = Math.Cos(Math.PI * (i + 0.75) / (n + 0.5));
            var derivative = 0.0;
            for (var step = 0; step < 20; step++)
            {
                var (value, before) = (1.0, 0.0);
                for (var k = 1; k <= n; k++)
                    (value, before) = (((2 * k - 1) * x * value - (k - 1) * before) / k, value);
                derivative = n * (x * value - before) / (x * x - 1);
                x -= value / derivative;
            }

            points[i] = (1 + x) / 2;
            weights[i] = 1 / ((1 - x * x) * derivative * derivative);
        }

        return (points, weights);
    }
}
