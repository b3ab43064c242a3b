using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// Measures the validation rows after each epoch, keeps the best epoch's weights and says when to stop: factorization
/// machines fit their training rows by heart soon after their best epoch.
/// </summary>
internal sealed class ValidationWatch
{
    private const int BlockRows = 1024;

    private readonly TrainingSet _data;
    private readonly EncodedRows _rows;
    private readonly IMetric _metric;
    private readonly ScoreLink _link;
    private readonly int _patience;
    private readonly ParallelOptions _parallel;
    private readonly float[] _scores;

    /// <param name="data">The validation rows.</param>
    /// <param name="rows">The same, encoded.</param>
    /// <param name="metric">The metric to watch; null: the loss.</param>
    /// <param name="link">How scores become predictions.</param>
    /// <param name="patience">Epochs without a better value before training stops.</param>
    /// <param name="parallel">Threads and cancellation.</param>
    public ValidationWatch(TrainingSet data, EncodedRows rows, IMetric? metric, ScoreLink link, int patience, ParallelOptions parallel)
    {
        (_data, _rows, _link, _patience, _parallel) = (data, rows, link, patience, parallel);
        _metric = metric ?? MetricCatalog.Find(data.Task.Kind == TaskKind.Regression ? "rmse" : "logloss", data.Task.Kind);
        _scores = new float[rows.Count];
    }

    /// <summary>The best epoch, from 1; 0 before any, or where the weights that training began with are best.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>The best epoch's weights.</summary>
    public FactorizationWeights? Best { get; private set; }

    /// <summary>The last value; lower is better (a metric of which more is better is negated).</summary>
    public double LastLoss { get; private set; }

    private double BestLoss { get; set; } = double.PositiveInfinity;

    /// <summary>Measures the weights after an epoch; true when training should stop.</summary>
    public bool Observe(int epoch, FactorizationWeights weights)
    {
        Parallel.For(0, (_rows.Count + BlockRows - 1) / BlockRows, _parallel, block =>
        {
            var scratch = new float[weights.Pairs.ScratchLength];
            for (var row = block * BlockRows; row < Math.Min(_rows.Count, (block + 1) * BlockRows); row++)
                _scores[row] = _link.Apply(weights.Score(_rows[row], scratch));
        });
        var value = _metric.Compute(_scores, 1, _data.Labels.Span, _data.Weights.Span);
        LastLoss = _metric.HigherIsBetter ? -value : value;
        if (LastLoss < BestLoss)
        {
            (BestLoss, BestEpoch) = (LastLoss, epoch);
            if (Best is null)
                Best = weights.Copy();
            else
                Best.Restore(weights);
        }

        return epoch - BestEpoch >= _patience;
    }
}
