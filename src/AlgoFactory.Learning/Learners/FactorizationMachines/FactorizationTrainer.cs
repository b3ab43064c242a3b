using AlgoFactory.Learning.Learners.Common;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// Stochastic gradient descent with AdaGrad steps, a row at a time, in a new random order each epoch. Row after row on one
/// thread the result depends on the seed alone; with hogwild several threads step through the same weights without locks
/// (Niu et al., Hogwild!, 2011), faster and never twice the same.
/// </summary>
internal sealed class FactorizationTrainer
{
    /// <summary>The sum of squared gradients that a weight begins with: its first steps are not the longest there can be.</summary>
    public const float FirstSquares = 0.1f;

    /// <summary>Rows between two looks at the clock and the cancellation.</summary>
    private const int ChunkRows = 512;

    private readonly FactorizationOptions _options;
    private readonly FitContext _context;
    private readonly EncodedRows _rows;
    private readonly float[] _labels;
    private readonly float[] _rowWeights;
    private readonly bool _logistic;
    private readonly AdaGrad _rule;
    private readonly int[] _order;
    private readonly float[] _linearSquares;
    private readonly float[] _factorSquares;
    private float _biasSquares = FirstSquares;

    /// <param name="weights">Where training starts, and what it changes.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="labels">0 or 1, or standardised targets.</param>
    /// <param name="rowWeights">One a row; rows of weight 0 are left out.</param>
    /// <param name="logistic">Log loss of 0/1 labels, or half the squared error.</param>
    /// <param name="options">How.</param>
    /// <param name="context">Seed, clock, threads.</param>
    public FactorizationTrainer(
        FactorizationWeights weights, EncodedRows rows, float[] labels, float[] rowWeights, bool logistic, FactorizationOptions options, FitContext context)
    {
        (Weights, _rows, _labels, _rowWeights, _logistic, _options, _context) = (weights, rows, labels, rowWeights, logistic, options, context);
        _rule = new AdaGrad(options.LearningRate, options.L2);
        _order = [.. Enumerable.Range(0, rows.Count).Where(r => rowWeights[r] > 0)];
        _linearSquares = new float[weights.Linear.Length];
        _linearSquares.AsSpan().Fill(FirstSquares);
        _factorSquares = new float[weights.Factors.Length];
        _factorSquares.AsSpan().Fill(FirstSquares);
    }

    public FactorizationWeights Weights { get; }

    /// <summary>The sums of squared gradients of the factors.</summary>
    public ReadOnlySpan<float> FactorSquares => _factorSquares;

    /// <summary>Trains until the epochs are over, the deadline has passed, or <paramref name="watch"/> has seen enough; returns the epochs that the weights have seen.</summary>
    public int Run(ValidationWatch? watch)
    {
        var epoch = 0;
        while (epoch < _options.Epochs && Epoch(epoch))
        {
            epoch++;
            var stop = watch?.Observe(epoch, Weights) ?? false;
            _context.Progress?.Report(new FitProgress(epoch, _options.Epochs, watch?.LastLoss));
            if (stop)
                break;
        }

        // The deadline may have cut an epoch short: half of one is better than none, but not than the best that was measured.
        if (watch?.Best is null)
            return Math.Max(Math.Min(1, _options.Epochs), epoch);
        Weights.Restore(watch.Best);
        return watch.BestEpoch;
    }

    /// <summary>One pass over all rows; false when the deadline ended it.</summary>
    public bool Epoch(int epoch)
    {
        RowOrder.Shuffle(_order, _context.Seed, epoch);
        if (!_options.Hogwild || _context.MaxThreads <= 1)
            return Pass(0, 1);
        var done = true;
        Parallel.For(0, _context.MaxThreads, _context.ParallelOptions, t =>
        {
            if (!Pass(t, _context.MaxThreads))
                Volatile.Write(ref done, false);
        });
        return done;
    }

    /// <summary>Every <paramref name="count"/>th chunk of the order, from the one of number <paramref name="first"/> on.</summary>
    private bool Pass(int first, int count)
    {
        var scratch = new float[Weights.Pairs.ScratchLength];
        for (var start = first * ChunkRows; start < _order.Length; start += count * ChunkRows)
        {
            _context.Cancellation.ThrowIfCancellationRequested();
            if (_context.IsOverdue)
                return false;
            foreach (var row in _order.AsSpan(start, Math.Min(ChunkRows, _order.Length - start)))
                Step(row, scratch);
        }

        return true;
    }

    private void Step(int index, Span<float> scratch)
    {
        var row = _rows[index];
        var gradient = _rowWeights[index] * Derivative(Weights.Score(row, scratch), _labels[index]);
        var bias = Weights.Bias;
        FactorKernels.Step(ref bias, ref _biasSquares, gradient, _rule.LearningRate);
        Weights.Bias = bias;
        for (var i = 0; i < row.Length; i++)
        {
            var slot = row.Slots[i];
            ref var weight = ref Weights.Linear[slot];
            FactorKernels.Step(ref weight, ref _linearSquares[slot], gradient * row.Values[i] + _rule.L2 * weight, _rule.LearningRate);
        }

        Weights.Pairs.Step(row, gradient, _rule, Weights.Factors, _factorSquares, scratch);
    }

    /// <summary>The loss's derivative by the score.</summary>
    private float Derivative(float score, float label) => _logistic ? 1 / (1 + MathF.Exp(-score)) - label : score - label;
}
