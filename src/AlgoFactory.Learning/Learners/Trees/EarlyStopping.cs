using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Follows the validation rows while boosting goes on, and says when to stop and which round was best.</summary>
internal sealed class EarlyStopping
{
    private readonly TrainingSet _validation;
    private readonly TargetSpace _target;
    private readonly LabelledRows _rows;
    private readonly RawScores _scores;
    private readonly int _patience;
    private readonly double _minDelta;
    private IMetric? _metric;
    private int _interval;
    private float[]? _predictions;

    /// <summary>The last round that was clearly better than the one before it that was, and the loss that the next such one is below.</summary>
    private int _progressRound;
    private double _progressBar = double.PositiveInfinity;
    private double _firstLoss = double.NaN;

    /// <summary>Starts before the first round.</summary>
    /// <param name="validation">The rows, and their scores as they stand after each round.</param>
    /// <param name="metric">The metric to watch; null: the objective's loss.</param>
    /// <param name="target">What labels and scores are measured in.</param>
    /// <param name="scores">The rows' scores.</param>
    /// <param name="patience">Rounds without a clearly better value before boosting stops.</param>
    /// <param name="minDelta">A value is clearly better if it adds this share of all that was gained since the first; small steps add up.</param>
    public EarlyStopping(TrainingSet validation, IMetric? metric, TargetSpace target, RawScores scores, int patience, double minDelta)
    {
        _validation = validation;
        _target = target;
        _rows = target.Rows(validation, "validation");
        _scores = scores;
        _patience = patience;
        _minDelta = minDelta;
        // Where the own loss is what the metric measures, there is no need to pass through predictions.
        var isOwnLoss = !target.WeighsClasses && (metric?.Name, target.Objective) is
            ("logloss", LogisticObjective or SoftmaxObjective) or ("rmse", SquaredObjective) or ("mae", AbsoluteObjective);
        _metric = isOwnLoss ? null : metric;
        // Metrics cost a pass through predictions, and rankings a sort: on many rows not after every round.
        _interval = _metric is null ? 1 : Math.Clamp(validation.RowCount / 20_000, 1, 10);
    }

    /// <summary>The best round's number, from 1; 0 before any. Of equal ones the first: the smallest model.</summary>
    public int BestRound { get; private set; }

    /// <summary>The best value; lower is better (metrics of which more is better are negated).</summary>
    public double BestLoss { get; private set; } = double.PositiveInfinity;

    /// <summary>The last value.</summary>
    public double LastLoss { get; private set; } = double.NaN;

    /// <summary>Looks at the scores after a round; true when boosting should stop.</summary>
    public bool Observe(int round)
    {
        if (round % _interval != 0)
            return false;
        LastLoss = Measure();
        if (LastLoss < BestLoss)
        {
            BestLoss = LastLoss;
            BestRound = round;
        }

        // Where classes part without error the loss falls for ever, each time by a share of the little that is left, so progress is
        // weighed against what all rounds gained. It is measured from the last clear progress, not from the best round: a
        // loss that creeps on counts once it has come far enough.
        _firstLoss = double.IsNaN(_firstLoss) ? LastLoss : _firstLoss;
        if (LastLoss < _progressBar)
        {
            _progressRound = round;
            _progressBar = LastLoss - _minDelta * Math.Max(0, _firstLoss - LastLoss);
        }

        return round - _progressRound >= _patience;
    }

    private double Measure()
    {
        var value = _metric is null ? double.NaN : Measure(_metric);
        if (!double.IsNaN(value))
            return value;
        // A metric that these rows do not define (AUC of one class) tells nothing of any round: the loss is watched instead.
        if (BestRound == 0)
            (_metric, _interval) = (null, 1);
        return _metric is null ? _target.Objective.Loss(_scores.Values, _rows) : value;
    }

    private double Measure(IMetric metric)
    {
        var (rows, outputs) = (_validation.RowCount, _target.Objective.Outputs);
        _predictions ??= new float[rows * outputs];
        var raw = new double[outputs];
        for (var i = 0; i < rows; i++)
        {
            for (var k = 0; k < outputs; k++)
                raw[k] = _target.Raw(_scores.Values[k * rows + i]);
            _target.Objective.Link.Apply(raw, _predictions.AsSpan(i * outputs, outputs));
        }

        var value = metric.Compute(_predictions, outputs, _validation.Labels.Span, _validation.Weights.Span);
        return metric.HigherIsBetter ? -value : value;
    }
}
