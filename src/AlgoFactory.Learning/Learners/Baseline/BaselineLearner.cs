using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Baseline;

/// <summary>
/// Predicts the same for every row: the classes' shares, or the mean target. What a model that has learned something
/// must beat; every leaderboard shows it.
/// </summary>
internal sealed class BaselineLearner : ILearner
{
    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new("baseline", "Constant baseline", TaskKinds.All, FeatureNeeds.None, Reproducibility.AnyThreads, UsesValidation: false, IsBaseline: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new([], []);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var labels = data.Labels.Span;
        var weights = data.Weights.Span;
        double total = 0, mean = 0;
        // One row's weight is spread over all classes, so that no class has probability 0.
        var classes = Math.Max(2, data.Task.Classes.Length);
        var sums = new double[classes];
        Array.Fill(sums, 1.0 / classes);
        for (var row = 0; row < labels.Length; row++)
        {
            double weight = weights.IsEmpty ? 1 : weights[row];
            total += weight;
            mean += weight * labels[row];
            if (data.Task.Kind != TaskKind.Regression)
                sums[(int)labels[row]] += weight;
        }

        if (!(total > 0))
            throw new LearningException("The baseline needs a training row whose weight is above 0.");
        float[] scores = data.Task.Kind switch
        {
            TaskKind.Regression => [(float)(mean / total)],
            TaskKind.Binary => [(float)(sums[1] / (total + 1))],
            _ => Array.ConvertAll(sums, s => (float)(s / (total + 1))),
        };
        return new FitOutcome(new BaselineModel(scores), parameters);
    }
}
