using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// Trains a network: batches of rows in a new random order each epoch, a step after each. Every value of a step is computed by one
/// thread in a fixed order, so that the result is the same at any number of threads.
/// </summary>
internal sealed class NetworkTrainer
{
    private readonly TrainingNetwork _network;
    private readonly EncodedInput _rows;
    private readonly float[] _labels;
    private readonly float[] _weights;
    private readonly NetworkLoss _loss;
    private readonly MlpOptions _options;
    private readonly FitContext _context;
    private readonly Workers _workers;
    private readonly ParameterUpdate _update;
    private readonly int[] _order;
    private readonly int _batches;
    private readonly DateTimeOffset _start;
    private int _steps;

    /// <param name="network">What is trained.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="labels">Class indices, or standardised targets.</param>
    /// <param name="weights">One a row, about 1; rows of weight 0 are left out.</param>
    /// <param name="loss">The loss.</param>
    /// <param name="options">How.</param>
    /// <param name="context">Seed, clock, threads.</param>
    public NetworkTrainer(
        TrainingNetwork network, EncodedInput rows, float[] labels, float[] weights, NetworkLoss loss, MlpOptions options, FitContext context)
    {
        (_network, _rows, _labels, _weights, _loss, _options, _context) = (network, rows, labels, weights, loss, options, context);
        _workers = new Workers(context.MaxThreads, context.Cancellation);
        _update = new ParameterUpdate(options.Optimizer, options.L1, options.L2, options.ClipNorm);
        _order = [.. Enumerable.Range(0, rows.Count).Where(r => weights[r] > 0)];
        _batches = (_order.Length + options.BatchSize - 1) / options.BatchSize;
        _start = context.Deadline is null ? default : context.Clock.GetUtcNow();
    }

    /// <summary>
    /// Trains until the epochs are over, the deadline has passed, or <paramref name="watch"/> has seen enough; returns the network and
    /// the epochs it has seen.
    /// </summary>
    public (MlpNetwork Network, int Epochs) Run(NetworkWatch? watch)
    {
        var epoch = 0;
        var stop = false;
        while (epoch < _options.Epochs && !stop)
        {
            var done = Epoch(epoch, out var loss);
            if (!double.IsFinite(loss))
                break;
            epoch++;
            // The rate has come down by the deadline, so the epoch that it cuts short is worth measuring too.
            stop = (watch?.Observe(epoch, _network.Fold()) ?? false) || !done;
            _context.Progress?.Report(new FitProgress(epoch, _options.Epochs, watch?.LastLoss));
        }

        if (watch?.Best is { IsFinite: true } best)
            return (best, watch.BestEpoch);
        var last = _network.Fold();
        return last.IsFinite
            ? (last, Math.Max(1, epoch))
            : throw new LearningException("The network's weights grew without bounds; choose a smaller learning_rate, or a clip_norm above 0.");
    }

    /// <summary>One pass over all rows; false when the deadline ended it.</summary>
    private bool Epoch(int epoch, out double loss)
    {
        loss = 0;
        RowOrder.Shuffle(_order, _context.Seed, epoch);
        for (var b = 0; b < _batches; b++)
        {
            _context.Cancellation.ThrowIfCancellationRequested();
            if (_context.IsOverdue)
                return false;
            // Batches of about one size: a last one of few rows would shake the normalisation.
            var (from, to) = ((int)((long)_order.Length * b / _batches), (int)((long)_order.Length * (b + 1) / _batches));
            loss += Step(_order.AsMemory(from..to));
        }

        return true;
    }

    private double Step(ReadOnlyMemory<int> rows)
    {
        var batch = new Batch(rows.Length, FoldAssignment.Mix(((ulong)(uint)_context.Seed << 32) | (uint)_steps), _workers);
        var scores = _network.Forward(_rows, rows, batch);
        var loss = _loss.Derive(scores, _labels, _weights, rows, batch);
        _network.Backward(_rows, rows, scores, batch);
        _update.Step(_network.Parameters, _options.Schedule.At(Done()), _workers);
        _steps++;
        return loss;
    }

    /// <summary>The share of training that is over: of the steps, or of the time where that ends first.</summary>
    private double Done()
    {
        var steps = _steps / ((double)_options.Epochs * _batches);
        if (_context.Deadline is not { } deadline)
            return steps;
        return Math.Clamp((_context.Clock.GetUtcNow() - _start) / (deadline - _start), steps, 1);
    }
}
