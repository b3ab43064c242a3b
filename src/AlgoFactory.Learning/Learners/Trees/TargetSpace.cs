using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What a fit's labels and scores are measured in. Where the loss allows it labels are centred and scaled: trees learn a
/// target without unit, in single precision. Class weights join the rows' own. Training and validation rows see the same.
/// </summary>
internal sealed class TargetSpace
{
    private readonly double _center;
    private readonly double[]? _classWeights;

    private TargetSpace(IObjective objective, double center, double scale, double[] baseScores, double[]? classWeights)
    {
        Objective = objective.ForScale(scale);
        _center = center;
        Scale = scale;
        BaseScores = baseScores;
        _classWeights = classWeights;
    }

    /// <summary>The loss of scaled labels.</summary>
    public IObjective Objective { get; }

    /// <summary>A leaf's value times this is in the label's unit.</summary>
    public double Scale { get; }

    /// <summary>The model's scores before any tree, in the label's unit.</summary>
    public double[] BaseScores { get; }

    /// <summary>Whether classes have weights beside the rows' own.</summary>
    public bool WeighsClasses => _classWeights is not null;

    public static TargetSpace Of(TrainingSet data, IObjective objective, BoostingOptions options)
    {
        var classWeights = ClassWeights(data, options);
        var rows = Rows(data, data.Labels, classWeights, "training");
        objective.Check(rows);
        var best = new double[objective.Outputs];
        objective.BaseScores(rows, best);
        var (center, scale) = objective.ScalesWithTarget ? (best[0], TargetScale.Deviation(rows, best[0])) : (0, 1);
        // Initial scores stand in the place of the constant, as in LightGBM and XGBoost.
        return new TargetSpace(
            objective, center, scale, options.BoostFromAverage && data.InitScores.IsEmpty ? best : new double[best.Length], classWeights);
    }

    /// <summary>Scaled labels, and all weights in one.</summary>
    public LabelledRows Rows(TrainingSet set, string part)
    {
        if (!Objective.ScalesWithTarget)
            return Rows(set, set.Labels, _classWeights, part);
        var labels = new float[set.RowCount];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = (float)((set.Labels.Span[i] - _center) / Scale);
        return Rows(set, labels, _classWeights, part);
    }

    /// <summary>The scores before any tree: outputs × rows.</summary>
    public float[] StartScores(TrainingSet set)
    {
        var (rows, outputs) = (set.RowCount, BaseScores.Length);
        var scores = new float[checked(rows * outputs)];
        for (var k = 0; k < outputs; k++)
        {
            var to = scores.AsSpan(k * rows, rows);
            to.Fill((float)((BaseScores[k] - _center) / Scale));
            if (set.InitScores.IsEmpty)
                continue;
            for (var i = 0; i < rows; i++)
                to[i] = (float)((BaseScores[k] + set.InitScores.Span[i * outputs + k] - _center) / Scale);
        }

        return scores;
    }

    /// <summary>A scaled score in the label's unit.</summary>
    public double Raw(float score) => score * Scale + _center;

    private static LabelledRows Rows(TrainingSet set, ReadOnlyMemory<float> labels, double[]? classWeights, string part)
    {
        var starts = TrainingSetChecks.GroupStarts(set.Groups.Span, part);
        if (classWeights is null)
            return new LabelledRows(labels, set.Weights, starts);
        var weights = new float[labels.Length];
        for (var i = 0; i < weights.Length; i++)
        {
            var label = (int)labels.Span[i];
            var own = set.Weights.IsEmpty ? 1 : set.Weights.Span[i];
            weights[i] = label >= 0 && label < classWeights.Length ? (float)(own * classWeights[label]) : own;
        }

        return new LabelledRows(labels, weights, starts);
    }

    /// <summary>
    /// The factor of each class: balanced as in scikit-learn, rows / (classes × rows of the class), counted by weight so that a
    /// weight of 2 is still a row twice; null: all 1.
    /// </summary>
    private static double[]? ClassWeights(TrainingSet data, BoostingOptions options)
    {
        if (data.Task.Kind == TaskKind.Regression || (!options.BalancedClasses && options.ScalePosWeight == 1))
            return null;
        var factors = new double[data.Task.Classes.Length];
        Array.Fill(factors, 1);
        if (options.BalancedClasses)
        {
            var sums = new double[factors.Length];
            for (var i = 0; i < data.RowCount; i++)
                if (data.Labels.Span[i] is var label && label >= 0 && label < sums.Length)
                    sums[(int)label] += data.Weights.IsEmpty ? 1 : data.Weights.Span[i];
            var share = sums.Sum() / sums.Count(s => s > 0);
            for (var k = 0; k < sums.Length; k++)
                factors[k] = sums[k] > 0 ? share / sums[k] : 1;
        }

        if (data.Task.Kind == TaskKind.Binary)
            factors[1] *= options.ScalePosWeight;
        return factors;
    }
}
