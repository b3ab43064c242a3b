using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>
/// Texts as the average of their terms' vectors, in the manner of fastText (Joulin et al., Bag of tricks for efficient text
/// classification, 2016; Bojanowski et al., Enriching word vectors with subword information, 2017): words, pairs of words and
/// runs of characters share hashed buckets, and the vectors are learned with the classes. Other columns join as linear terms.
/// </summary>
internal sealed class FastTextLearner : ILearner
{
    /// <summary>The longest vector.</summary>
    public const int MaxDim = 512;

    /// <summary>The most weights of a network (256 MiB); training holds the best epoch's beside them.</summary>
    private const long MaxWeights = 1 << 26;

    private static readonly ParameterSpec Dim = ParameterSpec.Integer("dim", 4, MaxDim, 32, "Length of a term's vector.", log: true);

    private static readonly ParameterSpec LearningRate = ParameterSpec.Real(
        "learning_rate", 0.01, 4, 0.5, "The first step's length, in units of what the row's inputs allow; steps shrink linearly to 0.", log: true);

    private static readonly ParameterSpec Epochs = ParameterSpec.Integer("epochs", 1, 200, 25, "Passes over the rows; early stopping keeps the best one.", log: true);

    private static readonly ParameterSpec Patience = ParameterSpec.Integer(
        "early_stopping_epochs", 1, 100, 5, "Epochs without a better validation value before training stops.", searched: false);

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "fasttext", "Averaged n-gram vectors (fastText)", TaskKinds.All, FeatureNeeds.Grams, Reproducibility.AnyThreads, UsesValidation: true, NeedsText: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task) => new(
        [Dim, LearningRate, Epochs, Patience],
        [
            ParameterSet.Empty.With(LearningRate.Name, 0.15),
            ParameterSet.Empty.With(LearningRate.Name, 1.5).With(Epochs.Name, 50),
            ParameterSet.Empty.With(Dim.Name, 100),
        ]);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        var task = data.Task.Kind;
        var weights = RowWeights.Of(data, "A fastText model");
        var target = task == TaskKind.Regression ? TargetScale.Of(data.Labels.Span, weights) : new TargetScale(0, 1, 0, 1);
        var labels = task == TaskKind.Regression ? target.Standardise(data.Labels.Span) : data.Labels.ToArray();
        var sparse = data.Features.Sparse?.Width ?? 0;
        var room = (MaxWeights - (long)data.Task.OutputWidth * (data.Features.DenseWidth + 1)) / (sparse + (long)data.Task.OutputWidth);
        var options = new FastTextOptions(
            (int)Math.Clamp(parameters.Integer(Dim), 1, Math.Max(1, room)), (float)parameters.Number(LearningRate), parameters.Integer(Epochs), parameters.Integer(Patience));

        var bias = task == TaskKind.Regression ? [0] : ClassShares.LogOdds(labels, weights, data.Task.OutputWidth);
        var sizes = new FastTextSizes(data.Task.OutputWidth, data.Features.DenseWidth, sparse, options.Dim);
        var start = FastTextNetwork.Create(sizes, Array.ConvertAll(bias, b => (float)b), context.Seed);
        var (network, epochs) = new FastTextTrainer(start, task, data.Features, labels, weights, options, context).Run(Watch(data, target, options));
        Silence(network, data.Features, weights);
        return new FitOutcome(
            new FastTextModel(task, network, target, FastTextImportance.Of(network, data.Features)), parameters.With(Epochs.Name, epochs));
    }

    private static FastTextWatch? Watch(TrainingSet data, TargetScale target, FastTextOptions options)
    {
        if (data.Validation is not { RowCount: > 0 } validation)
            return null;
        var metric = validation.StoppingMetric ?? data.StoppingMetric ?? MetricCatalog.Find(data.Task.Kind == TaskKind.Regression ? "rmse" : "logloss", data.Task.Kind);
        return new FastTextWatch(validation, metric, network => new FastTextModel(data.Task.Kind, network, target, []), options.Patience);
    }

    /// <summary>A term that no training row has still holds its random vector: it must say nothing.</summary>
    private static void Silence(FastTextNetwork network, FeatureBatch features, float[] weights)
    {
        if (features.Sparse is not { } sparse)
            return;
        var seen = new bool[sparse.Width];
        for (var row = 0; row < features.RowCount; row++)
            if (weights[row] > 0)
                foreach (var term in sparse.Indices(row))
                    seen[term] = true;
        var dim = network.Sizes.Dim;
        for (var term = 0; term < seen.Length; term++)
            if (!seen[term])
                network.Embeddings.AsSpan(term * dim, dim).Clear();
    }
}
