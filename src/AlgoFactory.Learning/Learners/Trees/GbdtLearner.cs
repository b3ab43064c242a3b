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
    private const int WideFeatures = 256;
    private const int WideFeaturesPerRow = 4;

    private readonly IObjective? _objective;

    /// <summary>Creates a learner whose loss the parameter <c>objective</c> chooses.</summary>
    public GbdtLearner()
    {
    }

    /// <summary>Creates a learner with a loss of one's own; the parameter <c>objective</c> is not looked at.</summary>
    public GbdtLearner(IObjective objective) => _objective = objective;

    /// <inheritdoc/>
    public LearnerInfo Info { get; } = new(
        "gbdt", "Gradient-boosted trees", TaskKinds.All, FeatureNeeds.Levels, Reproducibility.AnyThreads, UsesValidation: true);

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task)
    {
        var parameters = new GbdtParameters(profile.RowCount, task);
        return new SearchSpace(parameters.All, parameters.Portfolio(profile.RowCount)) { LowCost = GbdtParameters.LowCost, Rounds = parameters.Rounds };
    }

    /// <inheritdoc/>
    /// <remarks>
    /// A byte a feature for the bins, and some more for the statistics of categories; gradients, scores and the partition a row;
    /// 64 MiB for histograms, sketches and trees. A million rows of 32 features measured 118 MiB (<c>benchmarks/results/trees.md</c>).
    /// </remarks>
    public long FitBytes(FitShape shape, ParameterSet parameters) =>
        shape.Rows * (2L * shape.Features + 40 + 24L * shape.Outputs) + (64L << 20);

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        var own = new GbdtParameters(data.RowCount, data.Task);
        var objective = Objective(data, parameters, own);
        // Statistics are made of the labels, so those are checked first.
        objective.Check(new LabelledRows(data.Labels, data.Weights, TrainingSetChecks.GroupStarts(data.Groups.Span, "")));
        var (encoded, statistics) = own.Statistics(parameters) is { } wanted
            ? OrderedStatistics.Encode(data, wanted, (ulong)context.Seed, new Workers(context.MaxThreads, context.Cancellation))
            : (data, null);
        var (model, rounds) = GradientBoosting.Fit(encoded, objective, Options(encoded, encoded.FeatureInfos, parameters, own), context);
        if (statistics is not null)
            model = model.WithStatistics(statistics, data.Features);
        return new FitOutcome(model, parameters.With(own.Rounds.Name, rounds));
    }

    /// <inheritdoc/>
    /// <remarks>
    /// The rows are read twice and held as one byte a feature (up to 255 bins by <see cref="QuantileSketch"/>), with their
    /// labels. The model is the same for any chunks and threads. While the sketch is exact it is also the one that
    /// <see cref="Fit"/> makes of the same rows, but for ordered target statistics: they need the rows' order three times
    /// over, so categories are codes here, whatever <c>categorical_encoding</c> says.
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
        var own = new GbdtParameters(binned.RowCount, binned.Task);
        var (model, rounds) = GradientBoosting.Fit(
            binned, matrix, infos.Length, Objective(binned, parameters, own), Options(binned, infos, parameters, own), context);
        return new FitOutcome(model, parameters.With(own.Rounds.Name, rounds));
    }

    private IObjective Objective(TrainingSet data, ParameterSet parameters, GbdtParameters own)
    {
        // Parts of the wrong length are refused before a loss looks at the labels.
        TrainingSetChecks.Check(data, _objective?.Outputs ?? data.Task.OutputWidth);
        return _objective ?? GbdtObjectives.Create(own.Objective(parameters), data);
    }

    private static BoostingOptions Options(TrainingSet data, ImmutableArray<FeatureInfo> infos, ParameterSet parameters, GbdtParameters own)
    {
        var options = own.Read(parameters, data.Validation is { RowCount: > 0 });
        return options with
        {
            FeatureFraction = Math.Min(options.FeatureFraction, LargestShare(infos.Length, data.RowCount)),
            Growth = ConstraintParameters.Apply(options.Growth, parameters, data.Task, infos),
        };
    }

    /// <summary>
    /// The most of the features that a tree looks at. Where there are thousands for a few dozen rows (the gradients of images, say), many say
    /// the same, and a tree of some twenty leaves needs no look at all of them: it would take minutes for what takes seconds.
    /// </summary>
    internal static double LargestShare(int features, int rows) => features == 0 ? 1 : Math.Min(1, (WideFeatures + (double)WideFeaturesPerRow * rows) / features);
}
