using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>
/// A multilayer perceptron for tables: piecewise-linear or quantile inputs for numbers, learned vectors for categories and words,
/// and a cocktail of regularisers (Kadra et al., Well-tuned simple nets excel on tabular datasets, 2021).
/// </summary>
internal sealed class MlpLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new("mlp", "Multilayer perceptron", TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(new MlpParameters(profile.RowCount).All, MlpParameters.Portfolio);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var options = new MlpParameters(data.RowCount).Read(parameters);
        var rowWeights = RowWeights.Of(data, "A multilayer perceptron");
        var regression = data.Task.Kind == TaskKind.Regression;
        var target = regression ? TargetScale.Of(data.Labels.Span, rowWeights) : default;
        var labels = regression ? target.Standardise(data.Labels.Span) : data.Labels.ToArray();
        var link = regression ? ScoreLink.Of(target) : ScoreLink.Probability;
        var outputs = data.Task.OutputWidth;

        var encoder = InputEncoder.Fit(data, options.Numeric, options.Bins, context);
        var network = new TrainingNetwork(encoder, options, regression ? [0] : ClassShares.LogOdds(labels, rowWeights, outputs), context.Seed);
        var trainer = new NetworkTrainer(
            network, EncodedInput.Of(encoder, data.Features, context), labels, rowWeights, new NetworkLoss(data.Task.Kind, outputs, options.LabelSmoothing), options, context);
        var watch = data.Validation is not { RowCount: > 0 } validation ? null : new NetworkWatch(
            validation, EncodedInput.Of(encoder, validation.Features, context), validation.StoppingMetric ?? data.StoppingMetric,
            new NetworkOutput(outputs, link), options.Patience, context);
        var (fitted, epochs) = trainer.Run(watch);
        return new FitOutcome(new MlpModel(fitted, link), parameters.With(MlpParameters.Epochs.Name, epochs));
    }
}
