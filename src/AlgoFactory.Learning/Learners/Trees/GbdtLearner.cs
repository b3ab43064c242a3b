using System.Collections.Immutable;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Objectives;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Streaming;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Gradient-boosted trees on histograms (what ML.NET calls FastTree).</summary>
public sealed class GbdtLearner : IStreamingLearner
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
        var (objective, options, rounds) = Plan(data, data.FeatureInfos, parameters);
        var (model, kept) = GradientBoosting.Fit(data, objective, options, context);
        return new FitOutcome(model, parameters.With(rounds, kept));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The rows are read twice and held as one byte a feature (up to 255 bins by <see cref="QuantileSketch"/>), with their
    /// labels. The model is the same for any chunks and threads. While the sketch is exact it is also the one that
    /// <see cref="Fit"/> makes of the same rows.
    /// </remarks>
    public FitOutcome FitStream(StreamedTrainingSet data, ParameterSet parameters, FitContext context)
    {
        // The binning's parameters do not depend on the number of rows, which is not known before.
        var binning = new GbdtParameters(0, data.Task).Read(parameters, hasValidation: true).Binning;
        var (matrix, labels, weights) = StreamedBinner.Bin(data.Rows, binning, new Workers(context.MaxThreads, context.Cancellation));
        var infos = data.Rows.FeatureInfos;
        var binned = new TrainingSet
        {
            Task = data.Task,
            FeatureInfos = [],
            // The rows' numbers only: their values are nowhere.
            Features = new FeatureBatch(matrix.RowCount, 0, default),
            Labels = labels,
            Weights = weights,
            Validation = data.Validation,
            StoppingMetric = data.StoppingMetric,
        };
        var (objective, options, rounds) = Plan(binned, infos, parameters);
        var (model, kept) = GradientBoosting.Fit(binned, matrix, infos.Length, objective, options, context);
        return new FitOutcome(model, parameters.With(rounds, kept));
    }

    private static (IObjective Objective, BoostingOptions Options, string Rounds) Plan(
        TrainingSet data, ImmutableArray<FeatureInfo> infos, ParameterSet parameters)
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
        return (objective, options with { Growth = ConstraintParameters.Apply(options.Growth, parameters, data.Task, infos) }, own.Rounds);
    }
}
