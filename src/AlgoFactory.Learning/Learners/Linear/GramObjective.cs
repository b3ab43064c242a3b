using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// Half the mean squared error of a linear model over dense features, by their weighted products with each other: one
/// pass over the rows, then each step costs width² whatever the number of rows. Blocks as in <see cref="RowObjective"/>.
/// </summary>
internal sealed class GramObjective : IObjective
{
    /// <summary>Wider features are cheaper to walk through row by row.</summary>
    public const int MaxWidth = 1024;

    private const int BlockRows = 1024;
    private const int MaxBlockValues = 16 << 20;

    private readonly int _size;
    private readonly double[] _products;
    private readonly double[] _targets;
    private readonly double _targetSquare;

    /// <param name="features">Finite dense features.</param>
    /// <param name="labels">Standardised targets.</param>
    /// <param name="weights">One a row, their sum above 0.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public GramObjective(FeatureBatch features, float[] labels, float[] weights, ParallelOptions parallel)
    {
        var width = features.DenseWidth;
        _size = width + 1;
        // Each block sums x xᵀ of rows extended by the constant 1 and the target, in that order.
        var extended = width + 2;
        var most = Math.Max(1, MaxBlockValues / (extended * extended));
        var blockRows = Math.Max(BlockRows, (features.RowCount + most - 1) / most);
        var blocks = new float[(features.RowCount + blockRows - 1) / blockRows][];
        Parallel.For(0, blocks.Length, parallel, b =>
        {
            var sums = new float[extended * extended];
            var row = new float[extended];
            for (var r = b * blockRows; r < Math.Min(features.RowCount, (b + 1) * blockRows); r++)
            {
                features.Row(r).CopyTo(row);
                row[width] = 1;
                row[width + 1] = labels[r];
                for (var i = 0; i < extended; i++)
                    if (row[i] * weights[r] is var factor && factor != 0)
                        LinearKernels.AddScaled(sums.AsSpan(i * extended + i, extended - i), factor, row.AsSpan(i));
            }

            blocks[b] = sums;
        });

        _products = new double[_size * _size];
        _targets = new double[_size];
        var scale = 1 / weights.Sum(w => (double)w);
        foreach (var sums in blocks)
        {
            for (var i = 0; i < _size; i++)
            {
                for (var j = i; j < _size; j++)
                    _products[i * _size + j] += scale * sums[i * extended + j];
                _targets[i] += scale * sums[i * extended + width + 1];
            }

            _targetSquare += scale * sums[^1];
        }

        for (var i = 0; i < _size; i++)
            for (var j = 0; j < i; j++)
                _products[i * _size + j] = _products[j * _size + i];
    }

    /// <inheritdoc/>
    public int Length => _size;

    /// <inheritdoc/>
    public double[] Curvature() => [.. Enumerable.Range(0, _size).Select(i => _products[i * _size + i])];

    /// <inheritdoc/>
    public double Evaluate(ReadOnlySpan<double> point, Span<double> gradient)
    {
        var value = 0.5 * _targetSquare;
        for (var i = 0; i < _size; i++)
        {
            var row = _products.AsSpan(i * _size, _size);
            double sum = 0;
            for (var j = 0; j < row.Length; j++)
                sum += row[j] * point[j];
            gradient[i] = sum - _targets[i];
            value += point[i] * (0.5 * sum - _targets[i]);
        }

        return value;
    }
}
