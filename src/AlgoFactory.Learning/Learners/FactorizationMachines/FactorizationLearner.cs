using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning.Learners.Common;
using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// Factorization machines (id <c>fm</c>: Rendle, 2010) and field-aware ones (id <c>ffm</c>: Juan et al., 2016; ML.NET's
/// FieldAwareFactorizationMachine): a linear model plus a weight for each pair of levels, which is the product of two short
/// vectors, so that a pair that training never saw has a weight too. For two classes and for values.
/// </summary>
internal sealed class FactorizationLearner : ILearner
{
    /// <summary>The most factors of a model (128 MiB); training holds them up to three times.</summary>
    private const int MaxFactors = 1 << 25;

    /// <summary>The greatest first factor × √factors: small beside what is learned, large enough to leave the saddle point at 0 in a few epochs.</summary>
    private const float Spread = 0.2f;

    /// <summary>Epochs without a better validation value after shared ones: where vectors begin at something there is no plateau to cross.</summary>
    private const int OwnPatience = 3;

    private readonly bool _fieldAware;

    private FactorizationLearner(bool fieldAware, string id, string name)
    {
        _fieldAware = fieldAware;
        Info = new LearnerInfo(
            id, name, TaskKinds.Binary | TaskKinds.Regression, FeatureNeeds.Fields, Reproducibility.AnyThreads, UsesValidation: true, NeedsCategories: true);
    }

    /// <inheritdoc/>
    public LearnerInfo Info { get; }

    /// <summary>One vector a level.</summary>
    public static FactorizationLearner Fm() => new(false, "fm", "Factorization machine");

    /// <summary>One vector for each level and field.</summary>
    public static FactorizationLearner Ffm() => new(true, "ffm", "Field-aware factorization machine");

    /// <inheritdoc/>
    public SearchSpace Space(DatasetProfile profile, TaskSpec task)
    {
        var own = new FactorizationParameters(_fieldAware, profile.RowCount);
        return new SearchSpace(own.All, own.Portfolio);
    }

    /// <inheritdoc/>
    public FitOutcome Fit(TrainingSet data, ParameterSet parameters, FitContext context)
    {
        var logistic = data.Task.Kind == TaskKind.Binary;
        if (!logistic && data.Task.Kind != TaskKind.Regression)
            throw new LearningException($"{Info.Name}s learn two classes or a value, not {data.Task.Classes.Length} classes; choose another learner.");
        var validation = data.Validation is { RowCount: > 0 } part ? part : null;
        var options = new FactorizationParameters(_fieldAware, data.RowCount).Read(parameters, validation is not null);
        var rowWeights = RowWeights.Of(data, "A factorization machine");
        var target = logistic ? default : TargetScale.Of(data.Labels.Span, rowWeights);
        var labels = logistic ? data.Labels.ToArray() : target.Standardise(data.Labels.Span);
        var link = logistic ? ScoreLink.Probability : ScoreLink.Of(target);

        var encoder = FieldEncoder.Fit(data, options.Bins, options.Normalize, fields => Room(fields, options), context.Cancellation);
        var rows = EncodedRows.Of(encoder, data.Features, context.Cancellation);
        var held = validation is null ? null : EncodedRows.Of(encoder, validation.Features, context.Cancellation);
        var weights = FactorizationWeights.Create(
            PairTerm(_fieldAware && options.SharedEpochs == 0, encoder.Fields, options.Factors), encoder.Slots,
            logistic ? (float)ClassShares.LogOdds(labels, rowWeights, 1)[0] : 0, Spread / MathF.Sqrt(options.Factors), context.Seed);
        var refit = parameters;
        ValidationWatch? Watch(int patience) => validation is null ? null : new ValidationWatch(
            validation, held!, validation.StoppingMetric ?? data.StoppingMetric, link, patience, context.ParallelOptions);
        FactorizationTrainer Trainer(int epochs) => new(weights, rows, labels, rowWeights, logistic, options with { Epochs = epochs }, context);

        var watch = Watch(options.Patience);
        if (options.SharedEpochs > 0)
        {
            // A pair of fields alone has too few rows to bring its vectors away from 0; all pairs of a level together have more.
            refit = refit.With(FactorizationParameters.SharedEpochs.Name, Trainer(options.SharedEpochs).Run(watch));
            weights = FactorizationWeights.Apart(new FfmPairTerm(encoder.Fields, options.Factors), weights);
            watch = Watch(Math.Min(options.Patience, OwnPatience));
            watch?.Observe(0, weights);
        }

        refit = refit.With(FactorizationParameters.EpochsName, Trainer(options.Epochs).Run(watch));
        Silence(weights, rows, rowWeights);
        var importance = FactorizationImportance.Of(encoder, weights, data);
        var model = new FactorizationModel(_fieldAware, encoder, options.Factors, weights, link, importance);
        return new FitOutcome(model, refit);
    }

    /// <summary>The second-order term of a model.</summary>
    public static IPairTerm PairTerm(bool fieldAware, int fields, int factors) => fieldAware ? new FfmPairTerm(fields, factors) : new FmPairTerm(factors);

    private int Room(int fields, FactorizationOptions options) =>
        Math.Min(1 << options.HashBits, MaxFactors / PairTerm(_fieldAware, fields, options.Factors).Stride);

    /// <summary>A slot that no training row has still holds its random factors: it must say nothing.</summary>
    private static void Silence(FactorizationWeights weights, EncodedRows rows, float[] rowWeights)
    {
        var seen = new bool[weights.Linear.Length];
        for (var row = 0; row < rows.Count; row++)
            if (rowWeights[row] > 0)
                foreach (var slot in rows[row].Slots)
                    seen[slot] = true;
        for (var slot = 0; slot < seen.Length; slot++)
            if (!seen[slot])
                weights.Factors.AsSpan(slot * weights.Pairs.Stride, weights.Pairs.Stride).Clear();
    }
}
