using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Neighbors;

/// <summary>
/// k nearest neighbours (Fix and Hodges, 1951; Cover and Hart, 1967): the model is the training rows, or a sample of them, and a
/// prediction the mean of those nearest. The search is exact, as one product of matrices a block of rows: in the tens of columns that
/// tables have, trees that divide space look at nearly every row too.
/// </summary>
internal sealed class NeighborsLearner : ILearner
{
    /// <summary>The most dense values that a model keeps (64 MiB).</summary>
    private const int MaxValues = 1 << 24;

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "k-nearest-neighbors", "k nearest neighbours", TaskKinds.Binary | TaskKinds.Multiclass | TaskKinds.Regression, FeatureNeeds.Scaled,
        Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(NeighborsParameters.All, NeighborsParameters.Portfolio);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        var rowWeights = RowWeights.Of(data, "A model of nearest neighbours");
        int[] order = [.. Enumerable.Range(0, data.RowCount).Where(r => rowWeights[r] > 0)];
        var room = Math.Min(parameters.Integer(NeighborsParameters.MaxRows), Math.Max(1, MaxValues / Math.Max(1, data.Features.DenseWidth)));
        if (order.Length > room)
        {
            RowOrder.Shuffle(order, context.Seed, 0);
            order = [.. order.Take(room).Order()];
        }

        var rows = data.Features.Take(order);
        var dense = rows.Dense.ToArray();
        NeighborIndex.Sanitize(dense);
        var finite = new FeatureBatch(rows.RowCount, rows.DenseWidth, dense, rows.Sparse);
        float[] labels = Array.ConvertAll(order, r => data.Labels.Span[r]), weights = Array.ConvertAll(order, r => rowWeights[r]);
        var factors = parameters.Choice(NeighborsParameters.FeatureWeights) == "none"
            ? Enumerable.Repeat(1f, rows.DenseWidth).ToArray()
            : FeatureRelevance.Of(data.Task, finite, labels, weights);
        double[] priors = data.Task.Kind == TaskKind.Regression ? [] : Priors(labels, weights, Math.Max(2, data.Task.OutputWidth));
        var model = new NeighborsModel(
            data.Task.Kind == TaskKind.Regression ? 0 : priors.Length, new NeighborIndex(finite, factors), labels, weights, priors,
            parameters.Integer(NeighborsParameters.Neighbors), parameters.Choice(NeighborsParameters.Weights) == "distance");
        return new FitOutcome(model, parameters);
    }

    private static double[] Priors(float[] labels, float[] weights, int classes)
    {
        var priors = new double[classes];
        Array.Fill(priors, 0.5);
        for (var row = 0; row < labels.Length; row++)
            priors[(int)labels[row]] += weights[row];
        var total = priors.Sum();
        return Array.ConvertAll(priors, p => p / total);
    }
}
