using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>
/// The mean loss of a linear model over training rows: logistic (binary), softmax (multiclass) or half the squared error
/// (regression, of standardised targets). One pass over the rows gives value and gradient. Rows are summed in blocks
/// whose size depends on the data alone, and blocks in their order, so that the result is the same at any number of threads.
/// </summary>
internal sealed class RowObjective : IObjective
{
    private const int BlockRows = 1024;

    /// <summary>The most gradient values held by all blocks together (64 MiB).</summary>
    private const int MaxBlockValues = 16 << 20;

    private readonly TaskKind _task;
    private readonly LinearLayout _layout;
    private readonly FeatureBatch _features;
    private readonly float[] _labels;
    private readonly float[] _weights;
    private readonly double _totalWeight;
    private readonly ParallelOptions _parallel;
    private readonly int _blockRows;
    private readonly Block[] _blocks;
    private readonly float[] _point;

    /// <param name="task">Says which loss.</param>
    /// <param name="layout">Where the weights stand.</param>
    /// <param name="features">Finite features.</param>
    /// <param name="labels">Class indices, or standardised targets.</param>
    /// <param name="weights">One a row, their sum above 0.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public RowObjective(TaskKind task, LinearLayout layout, FeatureBatch features, float[] labels, float[] weights, ParallelOptions parallel)
    {
        _task = task;
        _layout = layout;
        _features = features;
        _labels = labels;
        _weights = weights;
        _totalWeight = weights.Sum(w => (double)w);
        _parallel = parallel;
        var most = Math.Max(1, MaxBlockValues / layout.Length);
        _blockRows = Math.Max(BlockRows, (features.RowCount + most - 1) / most);
        _blocks = new Block[(features.RowCount + _blockRows - 1) / _blockRows];
        for (var b = 0; b < _blocks.Length; b++)
            _blocks[b] = new Block(new float[layout.Length], new float[layout.Outputs]);
        _point = new float[layout.Length];
    }

    /// <inheritdoc/>
    public int Length => _layout.Length;

    /// <inheritdoc/>
    public double[] Curvature()
    {
        // The second derivative p (1 - p) where all classes are equally probable.
        var classes = Math.Max(2, _layout.Outputs);
        var loss = _task == TaskKind.Regression ? 1 : (1.0 / classes) * (1 - 1.0 / classes);
        var squares = FeatureMoments.MeanSquares(_features, _weights);
        var curvature = new double[Length];
        for (var k = 0; k < _layout.Outputs; k++)
        {
            for (var f = 0; f < _layout.Dense; f++)
                curvature[k * _layout.Dense + f] = loss * squares[f];
            for (var f = 0; f < _layout.Sparse; f++)
                curvature[_layout.SparseStart + f * _layout.Outputs + k] = loss * squares[_layout.Dense + f];
            curvature[_layout.InterceptStart + k] = loss;
        }

        return curvature;
    }

    /// <inheritdoc/>
    public double Evaluate(ReadOnlySpan<double> point, Span<double> gradient)
    {
        for (var i = 0; i < point.Length; i++)
            _point[i] = (float)point[i];
        Parallel.For(0, _blocks.Length, _parallel, b => Sum(_blocks[b], b * _blockRows, Math.Min(_features.RowCount, (b + 1) * _blockRows)));
        double loss = 0;
        gradient.Clear();
        foreach (var block in _blocks)
        {
            loss += block.Loss;
            for (var i = 0; i < gradient.Length; i++)
                gradient[i] += block.Gradient[i];
        }

        var scale = 1 / _totalWeight;
        for (var i = 0; i < gradient.Length; i++)
            gradient[i] *= scale;
        return loss * scale;
    }

    private void Sum(Block block, int from, int to)
    {
        block.Gradient.AsSpan().Clear();
        block.Loss = 0;
        var residuals = block.Residuals.AsSpan();
        for (var row = from; row < to; row++)
        {
            var weight = _weights[row];
            if (weight == 0)
                continue;
            Margins(row, residuals);
            block.Loss += weight * Loss(residuals, _labels[row]);
            for (var k = 0; k < residuals.Length; k++)
                residuals[k] *= weight;
            Spread(row, residuals, block.Gradient);
        }
    }

    private void Margins(int row, Span<float> margins)
    {
        var weights = _point.AsSpan();
        var dense = _features.Row(row);
        for (var k = 0; k < margins.Length; k++)
            margins[k] = weights[_layout.InterceptStart + k] + LinearKernels.Dot(dense, weights.Slice(k * _layout.Dense, _layout.Dense));
        if (_features.Sparse is { } sparse)
            LinearKernels.AddSparse(margins, sparse.Indices(row), sparse.Values(row), weights[_layout.SparseStart.._layout.InterceptStart]);
    }

    /// <summary>Turns a row's margins into its residuals (the loss's derivatives) and returns the loss.</summary>
    private double Loss(Span<float> margins, float label)
    {
        if (_task == TaskKind.Regression)
        {
            var error = margins[0] - label;
            margins[0] = error;
            return 0.5 * error * error;
        }

        if (_task == TaskKind.Binary)
        {
            double margin = margins[0];
            var other = Math.Exp(-Math.Abs(margin));
            var probability = margin >= 0 ? 1 / (1 + other) : other / (1 + other);
            margins[0] = (float)(probability - label);
            return Math.Log(1 + other) + Math.Max(margin, 0) - margin * label;
        }

        double top = margins[0], sum = 0;
        foreach (var margin in margins)
            top = Math.Max(top, margin);
        double own = margins[(int)label];
        for (var k = 0; k < margins.Length; k++)
        {
            var e = Math.Exp(margins[k] - top);
            margins[k] = (float)e;
            sum += e;
        }

        var scale = (float)(1 / sum);
        for (var k = 0; k < margins.Length; k++)
            margins[k] *= scale;
        margins[(int)label] -= 1;
        return Math.Log(sum) + top - own;
    }

    private void Spread(int row, ReadOnlySpan<float> residuals, Span<float> gradient)
    {
        var dense = _features.Row(row);
        for (var k = 0; k < residuals.Length; k++)
        {
            LinearKernels.AddScaled(gradient.Slice(k * _layout.Dense, _layout.Dense), residuals[k], dense);
            gradient[_layout.InterceptStart + k] += residuals[k];
        }

        if (_features.Sparse is { } sparse)
            LinearKernels.SpreadSparse(residuals, sparse.Indices(row), sparse.Values(row), gradient[_layout.SparseStart.._layout.InterceptStart]);
    }

    /// <summary>What one block of rows sums to.</summary>
    private sealed class Block(float[] gradient, float[] residuals)
    {
        public float[] Gradient { get; } = gradient;

        public float[] Residuals { get; } = residuals;

        public double Loss { get; set; }
    }
}
