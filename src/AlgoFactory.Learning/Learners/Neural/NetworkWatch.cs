using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Measures the validation rows after each epoch, keeps the best epoch's network and says when to stop.</summary>
/// <param name="data">The validation rows.</param>
/// <param name="rows">The same, encoded.</param>
/// <param name="metric">The metric to watch; null: the loss.</param>
/// <param name="outputs">How outputs become predictions.</param>
/// <param name="patience">Epochs without a better value before training stops.</param>
/// <param name="context">Threads and cancellation.</param>
internal sealed class NetworkWatch(TrainingSet data, EncodedInput rows, IMetric? metric, NetworkOutput outputs, int patience, FitContext context)
{
    private readonly IMetric _metric = metric ?? MetricCatalog.Find(data.Task.Kind == TaskKind.Regression ? "rmse" : "logloss", data.Task.Kind);
    private readonly float[] _scores = new float[rows.Count * data.Task.OutputWidth];

    /// <summary>The best epoch, from 1; 0 before any.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>The best epoch's network.</summary>
    public MlpNetwork? Best { get; private set; }

    /// <summary>The last value; lower is better (a metric of which more is better is negated).</summary>
    public double LastLoss { get; private set; }

    private double BestLoss { get; set; } = double.PositiveInfinity;

    /// <summary>Measures the network after an epoch; true when training should stop.</summary>
    public bool Observe(int epoch, MlpNetwork network)
    {
        network.Predict(rows, _scores, context);
        outputs.Apply(_scores);
        var value = _metric.Compute(_scores, data.Task.OutputWidth, data.Labels.Span, data.Weights.Span);
        LastLoss = _metric.HigherIsBetter ? -value : value;
        if (LastLoss < BestLoss)
            (BestLoss, BestEpoch, Best) = (LastLoss, epoch, network);
        return epoch - BestEpoch >= patience;
    }
}
