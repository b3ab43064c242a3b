using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Follows the validation rows while boosting goes on, and says when to stop and which round was best.</summary>
internal sealed class EarlyStopping
{
    private readonly TrainingSet _validation;
    private readonly IMetric? _metric;
    private readonly IObjective _objective;
    private readonly TreeWalker _walker;
    private readonly Workers _workers;
    private readonly int _patience;
    private readonly int _interval;
    private readonly (double Center, double Scale) _target;
    private readonly float[] _scores;
    private readonly float[] _labels;

    /// <summary>Starts with the base scores.</summary>
    /// <param name="validation">The rows.</param>
    /// <param name="metric">The metric to watch; null: the objective's loss.</param>
    /// <param name="objective">The loss.</param>
    /// <param name="walker">Finds leaves.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="patience">Rounds without a better value before boosting stops.</param>
    /// <param name="baseScores">The scores before any tree.</param>
    /// <param name="target">What labels were centred and scaled by.</param>
    public EarlyStopping(
        TrainingSet validation, IMetric? metric, IObjective objective, TreeWalker walker, Workers workers, int patience,
        ReadOnlySpan<double> baseScores, (double Center, double Scale) target)
    {
        _validation = validation;
        // The own loss is what the standard metric measures, without a pass through probabilities.
        _metric = metric is null or { Name: "logloss" or "rmse" } ? null : metric;
        _objective = objective;
        _walker = walker;
        _workers = workers;
        _patience = patience;
        _interval = _metric is null ? 1 : Math.Clamp(validation.RowCount / 20_000, 1, 10);
        _target = target;
        var rows = validation.RowCount;
        _labels = new float[rows];
        for (var i = 0; i < rows; i++)
            _labels[i] = (float)((validation.Labels.Span[i] - target.Center) / target.Scale);
        _scores = new float[rows * objective.Outputs];
        for (var k = 0; k < objective.Outputs; k++)
            _scores.AsSpan(k * rows, rows).Fill((float)baseScores[k]);
    }

    /// <summary>The best round's number, from 1; 0 before any.</summary>
    public int BestRound { get; private set; }

    /// <summary>The best value; lower is better (metrics of which more is better are negated).</summary>
    public double BestLoss { get; private set; } = double.PositiveInfinity;

    /// <summary>The last value.</summary>
    public double LastLoss { get; private set; } = double.NaN;

    /// <summary>Takes a round's trees, one an output, in; true when boosting should stop.</summary>
    public bool Observe(int round, ReadOnlySpan<Tree> trees)
    {
        var rows = _validation.RowCount;
        for (var k = 0; k < trees.Length; k++)
        {
            var (tree, offset) = (trees[k], k * rows);
            _workers.Ranges(rows, 4096, (start, end) =>
            {
                for (var row = start; row < end; row++)
                    _scores[offset + row] += tree.Values[_walker.Leaf(tree, _validation.Features, row)];
            });
        }

        if (round % _interval != 0)
            return false;
        LastLoss = _metric is null
            ? _objective.Loss(_scores, _labels, _validation.Weights.Span)
            : Measure(_metric);
        if (LastLoss < BestLoss)
        {
            BestLoss = LastLoss;
            BestRound = round;
        }

        return BestRound > 0 ? round - BestRound >= _patience : round >= _patience;
    }

    private double Measure(IMetric metric)
    {
        var (rows, outputs) = (_validation.RowCount, _objective.Outputs);
        var predictions = new float[rows * outputs];
        var raw = new double[outputs];
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < outputs; k++)
                raw[k] = _scores[k * rows + i] * _target.Scale + _target.Center;
            _objective.Link.Apply(raw, predictions.AsSpan(i * outputs, outputs));
        }

        var value = metric.Compute(predictions, outputs, _validation.Labels.Span, _validation.Weights.Span);
        return metric.HigherIsBetter ? -value : value;
    }
}
