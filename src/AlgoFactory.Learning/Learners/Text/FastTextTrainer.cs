using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>How a network is fitted.</summary>
/// <param name="Dim">The length of a term's vector.</param>
/// <param name="LearningRate">The first step's length.</param>
/// <param name="Epochs">Passes over the rows.</param>
/// <param name="Patience">Epochs without a better validation value before training stops.</param>
internal sealed record FastTextOptions(int Dim, float LearningRate, int Epochs, int Patience);

/// <summary>
/// Stochastic gradient descent, a row at a time, in a new random order each epoch, with steps that shrink linearly to 0. On
/// one thread: a step touches a few short vectors, and row after row the result depends on the seed alone.
/// </summary>
internal sealed class FastTextTrainer
{
    /// <summary>Rows between two looks at the clock and the cancellation.</summary>
    private const int ChunkRows = 64;

    /// <summary>A standardised target's residual beyond is held there.</summary>
    private const float MostResidual = 4;

    private readonly FastTextNetwork _network;
    private readonly TaskKind _task;
    private readonly FeatureBatch _features;
    private readonly float[] _labels;
    private readonly float[] _weights;
    private readonly FastTextOptions _options;
    private readonly FitContext _context;
    private readonly int[] _order;

    /// <param name="network">Where training starts, and what it changes.</param>
    /// <param name="task">Says which loss.</param>
    /// <param name="features">The rows.</param>
    /// <param name="labels">Class indices, or standardised targets.</param>
    /// <param name="weights">One a row; rows of weight 0 are left out.</param>
    /// <param name="options">How.</param>
    /// <param name="context">Seed, clock, cancellation.</param>
    public FastTextTrainer(
        FastTextNetwork network, TaskKind task, FeatureBatch features, float[] labels, float[] weights, FastTextOptions options, FitContext context)
    {
        (_network, _task, _features, _labels, _weights, _options, _context) = (network, task, features, labels, weights, options, context);
        _order = [.. Enumerable.Range(0, features.RowCount).Where(r => weights[r] > 0)];
    }

    /// <summary>Trains until the epochs are over, the deadline has passed or <paramref name="watch"/> has seen enough; the network, and the epochs it has seen.</summary>
    public (FastTextNetwork Network, int Epochs) Run(FastTextWatch? watch)
    {
        var epoch = 0;
        while (epoch < _options.Epochs && Epoch(epoch))
        {
            epoch++;
            var stop = watch?.Observe(epoch, _network) ?? false;
            _context.Progress?.Report(new FitProgress(epoch, _options.Epochs, watch?.LastLoss));
            if (stop)
                break;
        }

        return watch is { Best: { } best } ? (best, watch.BestEpoch) : (_network, Math.Max(1, epoch));
    }

    /// <summary>One pass over all rows; false when the deadline ended it.</summary>
    private bool Epoch(int epoch)
    {
        RowOrder.Shuffle(_order, _context.Seed, epoch);
        var sizes = _network.Sizes;
        var (scratch, scores, backward) = (new float[sizes.Dim + sizes.Dense], new float[sizes.Outputs], new float[sizes.Dim]);
        for (var at = 0; at < _order.Length; at++)
        {
            if (at % ChunkRows == 0)
            {
                _context.Cancellation.ThrowIfCancellationRequested();
                if (_context.IsOverdue)
                    return false;
            }

            var row = _order[at];
            _network.Scores(_features, row, scratch, scores);
            Residuals(_task, scores, _labels[row]);
            var rate = _options.LearningRate * _weights[row] * (1 - (epoch + (float)at / _order.Length) / _options.Epochs);
            _network.Step(_features, row, scratch, scores, rate, backward);
        }

        return true;
    }

    /// <summary>Turns a row's scores into the derivatives of its loss: logistic, softmax, or half the squared error.</summary>
    public static void Residuals(TaskKind task, Span<float> scores, float label)
    {
        if (task == TaskKind.Regression)
        {
            scores[0] = Math.Clamp(scores[0] - label, -MostResidual, MostResidual);
            return;
        }

        if (task == TaskKind.Binary)
        {
            scores[0] = 1 / (1 + MathF.Exp(-scores[0])) - label;
            return;
        }

        Softmax.Apply(scores);
        scores[(int)label] -= 1;
    }
}
