using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Bayes;

/// <summary>
/// Naive Bayes for mixed tables: in each class a number is normal (or falls into quantile bins), a category has the frequencies of its
/// levels with Laplace's smoothing, and words are those of a complement multinomial model (Rennie et al., Tackling the poor assumptions
/// of naive Bayes text classifiers, 2003). What is missing says nothing. One pass over the rows; no iteration.
/// </summary>
internal sealed class NaiveBayesLearner : ILearner
{
    private const string Bins = "bins";

    private static readonly ParameterSpec Alpha = ParameterSpec.Real(
        "alpha", 1e-3, 100, 1, "Rows added to each level, bin and word of each class (Laplace's smoothing).", log: true);

    private static readonly ParameterSpec Numeric = ParameterSpec.Choice(
        "numeric", [Bins, "gaussian"], "Numbers as quantile bins with frequencies of their own, or as a normal distribution a class.");

    private static readonly ParameterSpec BinCount = ParameterSpec.Integer("bins", 2, 100, 20, "Quantile bins of a number where numeric is bins.", log: true);

    private static readonly ParameterSpec VarSmoothing = ParameterSpec.Real(
        "var_smoothing", 1e-9, 0.1, 1e-3, "Share of a number's variance over all rows that is added to that of each class.", log: true, searched: false);

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "naive-bayes", "Naive Bayes", TaskKinds.Binary | TaskKinds.Multiclass, FeatureNeeds.Fields, Reproducibility.AnyThreads, UsesValidation: false);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(
        [Alpha, Numeric, BinCount, VarSmoothing],
        [
            ParameterSet.Empty.With(Numeric.Name, "gaussian"),
            ParameterSet.Empty.With(Alpha.Name, 10).With(BinCount.Name, 8),
            ParameterSet.Empty.With(Alpha.Name, 0.1),
        ]);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        context.Cancellation.ThrowIfCancellationRequested();
        if (data.Task.Kind == TaskKind.Regression)
            throw new LearningException($"{Info.Name} learns classes, not values; choose another learner.");
        var rowWeights = RowWeights.Of(data, Info.Name);
        var classes = Math.Max(2, data.Task.OutputWidth);
        var counts = new double[classes];
        for (var row = 0; row < data.RowCount; row++)
            counts[(int)data.Labels.Span[row]] += rowWeights[row];
        var total = counts.Sum();
        var priors = Array.ConvertAll(counts, c => Math.Log((c + 0.5) / (total + 0.5 * classes)));
        var (alpha, smoothing) = (parameters.Number(Alpha), parameters.Number(VarSmoothing));
        var bins = parameters.Choice(Numeric) == Bins ? parameters.Integer(BinCount) : 0;
        var columns = new BayesColumn[data.FeatureInfos.Length];
        Parallel.For(0, columns.Length, context.ParallelOptions, c =>
        {
            var isCategory = data.FeatureInfos[c].Kind == FeatureKind.Categorical;
            var bounds = isCategory || bins == 0 ? [] : FieldColumnFit.Bounds(ColumnSample.Of(data, c), bins);
            columns[c] = !isCategory && bins == 0
                ? BayesColumnFit.Normal(data, rowWeights, c, classes, smoothing)
                : BayesColumnFit.Levels(data, rowWeights, c, classes, isCategory ? data.FeatureInfos[c].Cardinality : bounds.Length + 1, bounds, alpha);
        });
        return new FitOutcome(new NaiveBayesModel(data.Task.OutputWidth, priors, columns, Words(data, rowWeights, classes, alpha)), parameters);
    }

    /// <summary>
    /// Each word's weight in each class, words × classes: less the logarithm of its share of all words outside the class, taken off the
    /// mean over classes, so that a word which is equally frequent everywhere says nothing. What it counts is the TF-IDF value.
    /// </summary>
    private static float[] Words(TrainingSet data, float[] rowWeights, int classes, double alpha)
    {
        if (data.Features.Sparse is not { } sparse)
            return [];
        var sums = new double[sparse.Width * classes];
        for (var row = 0; row < sparse.RowCount; row++)
        {
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            var label = (int)data.Labels.Span[row];
            for (var i = 0; i < indices.Length; i++)
                if (float.IsFinite(values[i]) && values[i] > 0)
                    sums[indices[i] * classes + label] += (double)rowWeights[row] * values[i];
        }

        var totals = new double[classes];
        for (var i = 0; i < sums.Length; i++)
            totals[i % classes] += sums[i];
        var all = totals.Sum();
        var weights = new float[sums.Length];
        var own = new double[classes];
        for (var word = 0; word < sparse.Width; word++)
        {
            var counts = sums.AsSpan(word * classes, classes);
            double everywhere = 0;
            foreach (var count in counts)
                everywhere += count;
            for (var k = 0; k < classes; k++)
                own[k] = -Math.Log((everywhere - counts[k] + alpha) / (all - totals[k] + alpha * sparse.Width));
            var mean = own.Average();
            for (var k = 0; k < classes; k++)
                weights[word * classes + k] = (float)(own[k] - mean);
        }

        return weights;
    }
}
