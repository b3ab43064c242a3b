using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Recommending;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>How long a trial may take.</summary>
/// <param name="Target">Learners that go step by step stop early here.</param>
/// <param name="CutOff">A trial that is still not done here is given up.</param>
public sealed record TrialTime(TimeSpan Target, TimeSpan CutOff);

/// <summary>
/// Fits a proposal in every fold and measures it on the validation rows. It knows nothing of the search. Folds run side
/// by side, each with its share of the threads; what is left over of a learner that stops early on validation rows is a
/// slightly hopeful score, the same for all trials. Thread-safe.
/// </summary>
public sealed class TrialEvaluator(
    LearnerCatalog catalog, FoldFeatures features, TaskSpec task, IMetric metric, int seed, int threads, TimeProvider clock, bool bags = true)
{
    /// <summary>The folds that proposals are fitted in.</summary>
    public FoldFeatures Features => features;

    /// <summary>Threads of the whole evaluation.</summary>
    public int Threads => threads;

    /// <summary>What tells time.</summary>
    public TimeProvider Clock => clock;

    /// <summary>The seed of the experiment.</summary>
    public int Seed => seed;

    /// <summary>What is predicted.</summary>
    public TaskKind TaskKind => task.Kind;

    /// <summary>Folds that are fitted at the same time.</summary>
    public int FoldsAtOnce { get; private init; } = Math.Min(threads, features.Plan.Folds.Length);

    /// <summary>The same evaluator with fewer folds at a time: it takes longer, and less memory, and gives the same results.</summary>
    public TrialEvaluator WithFoldsAtOnce(int folds) => folds == FoldsAtOnce
        ? this
        : new TrialEvaluator(catalog, features, task, metric, seed, threads, clock, bags) { FoldsAtOnce = folds, Layer = Layer };

    /// <summary>The first layer that learners read; null: they read the table alone.</summary>
    internal LayerColumns? Layer { get; private init; }

    /// <summary>The same evaluator for learners of a second layer.</summary>
    internal TrialEvaluator WithLayer(LayerColumns layer) =>
        new(catalog, features, task, metric, seed, threads, clock, bags) { FoldsAtOnce = FoldsAtOnce, Layer = layer };

    /// <summary>
    /// Whether a trial's fold models are served as a bag, their mean, instead of one more fit on all rows: those of a learner that
    /// stops early, each at the round that was best for its own rows. Together they have seen every row, and their mean varies
    /// less than one model does. Averages of trees and linear models gain little by that, and one fit is smaller and faster. A
    /// recommender knows users by their rows: it has to have seen them all.
    /// </summary>
    public bool IsBagged(Proposal proposal) => bags && !task.IsRecommendation && proposal.Fidelity >= 1 && features.Plan.IsPartition
        && catalog[proposal.Learner].Info.UsesValidation;

    /// <summary>Evaluates a proposal.</summary>
    /// <param name="trial">The trial's number.</param>
    /// <param name="proposal">What to try.</param>
    /// <param name="time">How long it may take; null: as long as it takes.</param>
    /// <param name="cancellation">Ends the evaluation.</param>
    /// <exception cref="OperationCanceledException">It was cancelled (not: it ran out of its time).</exception>
    public TrialResult Evaluate(int trial, Proposal proposal, TrialTime? time, CancellationToken cancellation)
    {
        var started = clock.GetTimestamp();
        var folds = new FoldOutcome[features.Plan.Folds.Length];
        using var cutOff = time is { } limit ? new CancellationTokenSource(limit.CutOff, clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cutOff.Token);
        try
        {
            var learner = catalog[proposal.Learner];
            var batches = (folds.Length + FoldsAtOnce - 1) / FoldsAtOnce;
            ParallelFolds.Run(folds.Length, FoldsAtOnce, threads, either.Token, (fold, maxThreads) =>
            {
                // Each wave of folds gets an equal part of the time, so that the last one is not the one to starve.
                DateTimeOffset? deadline = time is { } all
                    ? clock.GetUtcNow() + (all.Target - clock.GetElapsedTime(started)) / Math.Max(1, batches - fold / FoldsAtOnce)
                    : null;
                folds[fold] = FitFold(learner, trial, proposal.Parameters, fold, maxThreads, deadline, either.Token);
            });
            return Summarise(trial, proposal, folds, clock.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return Failed(trial, proposal, started, $"It was not done in its share of the budget, {time!.CutOff.TotalSeconds:0.#} s.");
        }
        catch (Exception e) when (e is LearningException or DataFormatException)
        {
            return Failed(trial, proposal, started, e.Message);
        }
        catch (Exception e) when (e is not (OperationCanceledException or OutOfMemoryException))
        {
            // A learner's defect costs its trial, not the experiment; the leaderboard shows what it was.
            return Failed(trial, proposal, started, $"{e.GetType().Name}: {e.Message}");
        }
    }

    /// <summary>The metric in each fold of out-of-sample scores that lie fold after fold.</summary>
    public ImmutableArray<double> FoldScores(ReadOnlySpan<float> scores) => FoldScores(scores, features.ValidationWeights.Span);

    /// <summary>The same with other weights than the rows' own; empty: all 1.</summary>
    public ImmutableArray<double> FoldScores(ReadOnlySpan<float> scores, ReadOnlySpan<float> weights)
    {
        var width = task.OutputWidth;
        var values = ImmutableArray.CreateBuilder<double>(features.Plan.Folds.Length);
        for (var fold = 0; fold < features.Plan.Folds.Length; fold++)
        {
            var (from, to) = (features.ValidationOffsets[fold], features.ValidationOffsets[fold + 1]);
            values.Add(metric.Compute(
                scores[(from * width)..(to * width)], width, features.ValidationLabels.Span[from..to],
                weights.IsEmpty ? weights : weights[from..to]));
        }

        return values.MoveToImmutable();
    }

    /// <summary>The mean of the folds where the metric is defined; NaN when it is nowhere.</summary>
    public static double Mean(ImmutableArray<double> foldScores) =>
        foldScores.Where(double.IsFinite).DefaultIfEmpty(double.NaN).Average();

    /// <summary>Fits on all rows with parameters that need no validation part.</summary>
    public FittedModel Refit(int trial, Proposal proposal, ParameterSet refit, FoldSet whole, DateTimeOffset? deadline, CancellationToken cancellation)
    {
        var learner = catalog[proposal.Learner];
        var context = new FitContext(SplitMix64.Derive(seed, trial), ThreadsFor(learner, threads, deadline), deadline, clock, null, cancellation);
        return new FittedModel(whole.Pipeline, learner.Fit(whole.Train, refit, context).Model);
    }

    /// <summary>Measures a result's model of the first fold, fitted on other rows, on this plan's first validation part.</summary>
    public TrialResult Measure(TrialResult result)
    {
        if (result.FoldModels.IsEmpty)
            throw new ArgumentException("The result has no model.", nameof(result));
        var model = result.FoldModels[0];
        var validation = model.Pipeline.Transform(features.ValidationRows(0));
        var scores = Score(model.Model, validation);
        var foldScores = FoldScores(scores);
        return result with { OutOfSample = scores, FoldScores = foldScores, Score = Mean(foldScores) };
    }

    /// <summary>What the metric measures: a row's scores, or, in a ranking, the rank of its item for its user.</summary>
    private float[] Score(IModel model, FeatureBatch rows)
    {
        var scores = new float[rows.RowCount * task.OutputWidth];
        if (task.Kind == TaskKind.Ranking)
            HeldOutRanks.Of((IRecommender)model, rows, scores);
        else
            model.Predict(rows, scores);
        return scores;
    }

    /// <summary>Whether a learner makes the best of any time.</summary>
    public bool FillsTime(Proposal proposal) => catalog[proposal.Learner].Info.FillsTime;

    /// <summary>What a learner needs of the table's features.</summary>
    public FeatureNeeds NeedsOf(Proposal proposal) => NeedsOf(catalog[proposal.Learner].Info);

    private FeatureNeeds NeedsOf(LearnerInfo learner) => Layer is null ? learner.Needs : LayerColumns.NeedsOf(learner);

    private FoldOutcome FitFold(
        ILearner learner, int trial, ParameterSet parameters, int fold, int maxThreads, DateTimeOffset? deadline,
        CancellationToken cancellation)
    {
        var set = features.Get(fold, NeedsOf(learner.Info), maxThreads, cancellation);
        if (Layer is not null)
            set = Layer.Extend(set, features.Plan.Folds[fold]);
        var context = new FitContext(
            SplitMix64.Derive(seed, trial), ThreadsFor(learner, maxThreads, deadline), deadline, clock, null, cancellation);
        var started = clock.GetTimestamp();
        var outcome = learner.Fit(set.Train, parameters, context);
        var time = clock.GetElapsedTime(started);
        var validation = set.Train.Validation!.Features;
        var scores = Score(outcome.Model, validation);
        return new FoldOutcome(scores, outcome, set, time);
    }

    private TrialResult Summarise(int trial, Proposal proposal, FoldOutcome[] folds, TimeSpan wall)
    {
        float[] scores = folds.Length == 1 ? folds[0].Scores : [.. folds.SelectMany(f => f.Scores)];
        var started = clock.GetTimestamp();
        var foldScores = FoldScores(scores);
        var measured = clock.GetElapsedTime(started);
        var score = Mean(foldScores);
        var fit = TimeSpan.FromTicks(folds.Sum(f => f.Time.Ticks));
        if (double.IsNaN(score))
            return new TrialResult
            {
                Trial = trial,
                Proposal = proposal,
                Error = $"The metric '{metric.Name}' is not defined on the validation rows (one class only, or scores that are not numbers).",
                FitTime = fit,
                Wall = wall,
            };
        return new TrialResult
        {
            Trial = trial,
            Proposal = proposal,
            Score = score,
            FoldScores = foldScores,
            FitTime = fit,
            LongestFit = folds.Max(f => f.Time),
            Wall = wall,
            MeasureTime = measured,
            OutOfSample = scores,
            RefitParameters = MeanParameters([.. folds.Select(f => f.Outcome.RefitParameters)]),
            FoldModels = [.. folds.Take(IsBagged(proposal) ? folds.Length : 1).Select(f => new FittedModel(f.Set.Pipeline, f.Outcome.Model))],
        };
    }

    /// <summary>Numbers that differ between the folds, such as early-stopped rounds, become their mean.</summary>
    private static ParameterSet MeanParameters(ImmutableArray<ParameterSet> folds)
    {
        var mean = folds[0];
        if (folds.Length == 1)
            return mean;
        var numbers = folds.SelectMany(f => f.Values).Where(v => v.Value is double)
            .GroupBy(v => v.Key, v => (double)v.Value, StringComparer.Ordinal);
        foreach (var number in numbers)
            if (number.Count() == folds.Length && number.Distinct().Count() > 1)
                mean = mean.With(number.Key, number.Average());
        return mean;
    }

    private TrialResult Failed(int trial, Proposal proposal, long started, string error) => new()
    {
        Trial = trial,
        Proposal = proposal,
        Error = error,
        Wall = clock.GetElapsedTime(started),
    };

    /// <summary>
    /// A learner whose model depends on the number of threads gets one, so that results do not; unless they depend on the clock
    /// anyway, where a network has use for every thread.
    /// </summary>
    private static int ThreadsFor(ILearner learner, int maxThreads, DateTimeOffset? deadline) =>
        learner.Info.Reproducibility == Reproducibility.AnyThreads || (learner.Info.FillsTime && deadline is not null) ? maxThreads : 1;

    private sealed record FoldOutcome(float[] Scores, FitOutcome Outcome, FoldSet Set, TimeSpan Time);
}
