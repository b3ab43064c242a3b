namespace AlgoFactory.Search.Tuning;

/// <summary>
/// A density over the unit cube: the even one, and a kernel around each of some points. A kernel is a product over the axes: a
/// normal density cut off at 0 and 1, or for a category most of the weight on its own cell.
/// </summary>
internal sealed class ParzenEstimator
{
    /// <summary>What a category's kernel leaves to the other categories, before it shrinks with the points.</summary>
    private const double CategorySpread = 0.5;

    private readonly UnitCube _cube;
    private readonly IReadOnlyList<double[]> _points;
    private readonly double _width;
    private readonly double _spread;

    public ParzenEstimator(UnitCube cube, IReadOnlyList<double[]> points)
    {
        (_cube, _points) = (cube, points);
        // Scott's rule: kernels narrow as points gather, slowly where there are many axes.
        var narrowing = Math.Pow(Math.Max(1, points.Count), -1.0 / (cube.Dimensions + 4));
        (_width, _spread) = (Math.Max(0.02, 0.25 * narrowing), CategorySpread * narrowing);
    }

    /// <summary>Draws a point.</summary>
    public double[] Draw(SplitMix64 random)
    {
        var kernel = random.NextInt(_points.Count + 1);
        if (kernel == _points.Count)
            return _cube.Draw(random);
        var point = (double[])_points[kernel].Clone();
        for (var axis = 0; axis < point.Length; axis++)
        {
            if (_cube.Categories(axis) is > 0 and var categories)
            {
                if (random.NextDouble() < _spread)
                    point[axis] = UnitCube.MiddleOf(random.NextInt(categories), categories);
                continue;
            }

            double drawn;
            do
                drawn = point[axis] + _width * random.NextNormal();
            while (drawn is < 0 or > 1);
            point[axis] = drawn;
        }

        return point;
    }

    /// <summary>The logarithm of the density at a point.</summary>
    public double LogDensity(ReadOnlySpan<double> at)
    {
        // The sum over the kernels is taken relative to the greatest, so that none underflows; the even density is 1.
        var logs = new double[_points.Count + 1];
        for (var k = 0; k < _points.Count; k++)
            logs[k] = LogKernel(_points[k], at);
        var greatest = logs.Max();
        var sum = 0.0;
        foreach (var log in logs)
            sum += Math.Exp(log - greatest);
        return greatest + Math.Log(sum / logs.Length);
    }

    private double LogKernel(ReadOnlySpan<double> center, ReadOnlySpan<double> at)
    {
        var log = 0.0;
        for (var axis = 0; axis < at.Length; axis++)
        {
            if (_cube.Categories(axis) is > 0 and var categories)
            {
                var own = UnitCube.CategoryAt(center[axis], categories) == UnitCube.CategoryAt(at[axis], categories);
                // A density over the axis: the share of the cell by the cell's width.
                log += Math.Log(categories * ((own ? 1 - _spread : 0) + _spread / categories));
                continue;
            }

            var z = (at[axis] - center[axis]) / _width;
            var inside = NormalBelow((1 - center[axis]) / _width) - NormalBelow(-center[axis] / _width);
            log -= 0.5 * z * z + Math.Log(_width * Math.Sqrt(2 * Math.PI) * inside);
        }

        return log;
    }

    private static double NormalBelow(double z) => 0.5 * MathNet.Numerics.SpecialFunctions.Erfc(-z / Math.Sqrt(2));
}
