using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Gradient-boosted trees on histograms (what ML.NET calls FastTree).</summary>
public sealed class GbdtLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "gbdt", "Gradient-boosted trees", TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task)
    {
        var parameters = new GbdtParameters(profile.RowCount, task);
        return new SearchSpace(parameters.All, parameters.Portfolio(profile.RowCount));
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        if (data.RowCount == 0)
            throw new LearningException("There are no rows to train on.");
        IObjective objective = data.Task.Kind switch
        {
            TaskKind.Binary => new LogisticObjective(),
            TaskKind.Multiclass => new SoftmaxObjective(data.Task.Classes.Length),
            _ => new SquaredObjective(),
        };
        objective.Check(data.Labels.Span);
        var own = new GbdtParameters(data.RowCount, data.Task);
        var options = own.Read(parameters, data.Validation is { RowCount: > 0 });
        var workers = new Workers(context.MaxThreads, context.Cancellation);
        var (encoded, statistics) = own.Statistics(parameters) is { } wanted
            ? OrderedStatistics.Encode(data, wanted, (ulong)context.Seed, workers)
            : (data, null);
        var (model, rounds) = GradientBoosting.Fit(encoded, objective, options, context);
        if (statistics is not null)
            model = model.WithStatistics(statistics, data.Features);
        return new FitOutcome(model, parameters.With(own.Rounds, rounds));
    }
}
