using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>Measures the validation rows after each epoch, keeps the best epoch's network and says when to stop.</summary>
internal sealed class FastTextWatch(TrainingSet data, IMetric metric, Func<FastTextNetwork, FastTextModel> modelOf, int patience)
{
    private readonly float[] _scores = new float[data.RowCount * data.Task.OutputWidth];
    private double _bestLoss = double.PositiveInfinity;

    /// <summary>The best epoch, from 1; 0 before any.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>The best epoch's network.</summary>
    public FastTextNetwork? Best { get; private set; }

    /// <summary>The last value; lower is better (a metric of which more is better is negated).</summary>
    public double LastLoss { get; private set; }

    /// <summary>Measures the network after an epoch; true when training should stop.</summary>
    public bool Observe(int epoch, FastTextNetwork network)
    {
        modelOf(network).Predict(data.Features, _scores);
        var value = metric.Compute(_scores, data.Task.OutputWidth, data.Labels.Span, data.Weights.Span);
        LastLoss = metric.HigherIsBetter ? -value : value;
        if (LastLoss < _bestLoss)
            (_bestLoss, BestEpoch, Best) = (LastLoss, epoch, network.Copy());
        return epoch - BestEpoch >= patience;
    }
}
