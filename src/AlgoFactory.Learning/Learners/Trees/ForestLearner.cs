using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Random forests, and extremely randomised trees.</summary>
public sealed class ForestLearner : ILearner
{
    private readonly bool _randomThresholds;

    private ForestLearner(string id, string name, bool randomThresholds)
    {
        _randomThresholds = randomThresholds;
        Info = new LearnerInfo(id, name, TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: false);
    }

    /// <summary>Bootstrapped rows, best thresholds: id <c>random-forest</c>.</summary>
    public static ForestLearner RandomForest() => new("random-forest", "Random forest", false);

    /// <summary>All rows, random thresholds: id <c>extra-trees</c>.</summary>
    public static ForestLearner ExtraTrees() => new("extra-trees", "Extremely randomised trees", true);

    /// <inheritdoc/>
    public LearnerInfo Info { get; }

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task)
    {
        var parameters = new ForestParameters(profile.RowCount, task, _randomThresholds);
        return new SearchSpace(parameters.All, parameters.Portfolio) { Rounds = parameters.Trees };
    }

    /// <inheritdoc/>
    /// <remarks>The bins, and all trees at once: a node of 32 bytes and its outputs for every two rows that a leaf may have.</remarks>
    public long FitBytes(FitShape shape, ParameterSet parameters)
    {
        var own = new ForestParameters(shape.Rows, new TaskSpec(TaskKind.Regression, "", []), _randomThresholds);
        var leaves = Math.Min(shape.Rows / Math.Max(1, parameters.Number(own.MinDataInLeaf)), parameters.Number(ForestParameters.NumLeaves));
        return shape.Rows * (shape.Features + 24L)
            + (long)(parameters.Number(own.Trees) * 0.6 * leaves * 2 * (32 + 4 * shape.Outputs)) + (32L << 20);
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (data.RowCount == 0)
            throw new LearningException("There are no rows to train on.");
        if (data.Task.Kind == TaskKind.Regression)
            LabelChecks.Finite(data.Labels.Span);
        else
            LabelChecks.Classes(data.Labels.Span, data.Task.Classes.Length);
        var options = new ForestParameters(data.RowCount, data.Task, _randomThresholds).Read(parameters, data.Features.Width);
        options = options with { Growth = ConstraintParameters.Apply(options.Growth, parameters, data.Task, data.FeatureInfos) };
        return new FitOutcome(Learners.Trees.RandomForest.Fit(data, options, context), parameters);
    }
}
