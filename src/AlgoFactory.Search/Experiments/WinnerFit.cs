using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Stacking;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// The end of a sweep: selects an ensemble where it pays, and finds the models to serve for each of its members: the bag of
/// its folds' models, or one fit on all rows. Where time is too short for that, the model that was fitted on the training part
/// stays: there is an ensemble to serve at any time.
/// </summary>
internal sealed class WinnerFit(
    TrialEvaluator evaluator, TrialHistory history, ExperimentData data, TaskSpec task, TimePlanner time, double refitShare,
    ThresholdRule threshold, TimeProvider clock, Action<ExperimentEvent> report)
{
    /// <summary>An ensemble must take off that share of the best trial's loss to be worth its slower predictions.</summary>
    private const double WorthwhileGain = 0.002;

    /// <summary>The part of its expected time with which a learner that fills the time it is given is fitted again: then all rows are worth more than longer training.</summary>
    private const double LeastOfFilled = 0.6;

    /// <summary>Models served at most: beyond, members are fitted once more instead of served as bags.</summary>
    private const int MaxModels = 25;

    private readonly Dictionary<FeatureNeeds, FoldSet> _whole = [];
    private readonly Dictionary<int, FittedModel> _fitted = [];
    private readonly List<string> _warnings = [];

    /// <summary>The most time that the served model may take for a row, and what measures it; null: no limit.</summary>
    public (LatencyMeter Meter, TimeSpan Limit)? Latency { get; init; }

    /// <summary>Whether the best trial alone is to be served.</summary>
    public bool IsSingle { get; init; }

    /// <summary>What fits a second layer; null: there is to be none.</summary>
    public SecondLayer? SecondLayer { get; init; }

    /// <summary>Whether memory is too short for a fit on all rows; the user has been told so.</summary>
    public bool IsShortOfMemory { get; init; }

    /// <summary>Makes the result; the leaderboard gains a line when an ensemble wins.</summary>
    public ExperimentResult Run(CancellationToken cancellation)
    {
        report(new PhaseChanged("combining"));
        var best = WithScores(history.Best[0], cancellation);
        var single = new Selection([new SelectedMember(best, 1)], best.OutOfSample, best.FoldScores, best.Score!.Value);
        var selection = IsSingle ? single : SelectEnsemble(best, single, cancellation);
        var stack = IsSingle ? null : SecondLayer?.Select(selection, Candidates(best), refitShare, cancellation);

        report(new PhaseChanged("refitting"));
        if (stack is not null && FitStack(stack, cancellation) is { } layered)
        {
            var took = Latency?.Meter.Measure([layered]);
            if (took is null || took <= Latency!.Value.Limit)
                return Result(stack.Blend, [layered], stack) with { Latency = took };
        }

        if (Latency is null)
            return Result(selection, FitMembers(selection, MaxModels, cancellation));
        var (chosen, members, latency) = FitQuick(selection, single, Latency.Value.Meter, Latency.Value.Limit, cancellation);
        return Result(chosen, members) with { Latency = latency };
    }

    /// <summary>A winner from an earlier, interrupted run comes without its out-of-sample scores: they are made again.</summary>
    private TrialResult WithScores(TrialResult best, CancellationToken cancellation)
    {
        if (!best.OutOfSample.IsEmpty)
            return best;
        var again = evaluator.Evaluate(best.Trial, best.Proposal, time.IsLimited ? new TrialTime(time.Left / 2, time.Left) : null, cancellation);
        if (again.Error is null)
        {
            history.Replace(again);
            return again;
        }

        return history.Best.FirstOrDefault(b => !b.OutOfSample.IsEmpty)
            ?? throw new LearningException($"The best trial of the interrupted run could not be fitted again: {again.Error}");
    }

    private TrialResult[] Candidates(TrialResult best)
    {
        // A member must be servable even if no time is left to fit it again.
        var needsModel = time.IsLimited || evaluator.Features.Plan.IsExternal;
        return
        [
            .. history.Best
                .Where(b => !b.OutOfSample.IsEmpty && (!needsModel || !b.FoldModels.IsEmpty))
                .Where(b => b.Trial == best.Trial || evaluator.NeedsOf(b.Proposal) != FeatureNeeds.None)
                .OrderBy(b => b.Trial == best.Trial ? 0 : 1),
        ];
    }

    private Selection SelectEnsemble(TrialResult best, Selection single, CancellationToken cancellation)
    {
        var candidates = Candidates(best);
        // The mean of two ranks is not the rank of a blend: a ranking has one winner.
        if (task.Kind == TaskKind.Ranking || candidates.Length < 2)
            return single;
        var selection = EnsembleSelection.Select(
            evaluator, candidates, history.Leaderboard.IsBetter, EnsembleSelection.MaxMembers,
            time.IsLimited ? EnsembleSelection.TimeFor(evaluator, candidates, time) : null, cancellation);
        if (selection.Members.Length == 1)
            return single;
        var (gap, least) = (history.Leaderboard.Gap(selection.Score), history.Leaderboard.Gap(single.Score));
        return gap <= (1 - WorthwhileGain) * least || (selection.IsBootstrapped && !IsWorse(selection, single)) ? selection : single;
    }

    /// <summary>
    /// Whether a selection is worse than a trial by more than two standard errors of the folds' differences; of the rows' where there
    /// is one fold. On few rows the best of many trials is the luckiest: one that is a little better on these very rows is no better.
    /// </summary>
    private bool IsWorse(Selection selection, Selection single)
    {
        double[] losses =
        [
            .. selection.FoldScores.Zip(single.FoldScores, (s, t) => history.Leaderboard.Loss(s) - history.Leaderboard.Loss(t)).Where(double.IsFinite),
        ];
        if (losses.Length < 2)
            return task.Kind != TaskKind.Regression || SquaredErrors.AreWorse(evaluator, selection.OutOfSample.Span, single.OutOfSample.Span);
        var mean = losses.Average();
        return mean > 2 * Math.Sqrt(losses.Sum(l => (l - mean) * (l - mean)) / (losses.Length - 1) / losses.Length);
    }

    private TimeSpan RefitTime(TrialResult trial) => TimePlanner.Slack * refitShare * trial.Wall;

    /// <summary>The models of all members, the heaviest member first: it is the one to have time for a fit on all rows.</summary>
    private ImmutableArray<EnsembleMember> FitMembers(Selection selection, int maxModels, CancellationToken cancellation)
    {
        var members = ImmutableArray.CreateBuilder<EnsembleMember>();
        foreach (var (trial, weight) in selection.Members.OrderByDescending(m => m.Weight).ThenBy(m => m.Trial.Trial))
        {
            var models = Models(trial, maxModels - members.Count, cancellation);
            if (members.Count == 0 && models.Length == 1 && models[0] == trial.FoldModels.FirstOrDefault() && !IsShortOfMemory && !evaluator.Features.Plan.IsExternal)
                _warnings.Add($"There was no time left to fit the winner again on all {data.Train.RowCount} rows: the model is the one that its trial fitted on {evaluator.Features.Plan.Folds[0].Train.Length} of them. Allow a longer budget for a better model.");
            foreach (var model in models)
                members.Add(new EnsembleMember(
                    trial.Proposal.Learner, trial.RefitParameters, model.Pipeline, model.Model, weight / models.Length));
        }

        // Models that read the same features stand side by side: these are made once for all of them.
        return [.. members.GroupBy(m => m.Pipeline, ReferenceEqualityComparer.Instance).SelectMany(g => g)];
    }

    private ImmutableArray<FittedModel> Models(TrialResult trial, int allowed, CancellationToken cancellation)
    {
        if (evaluator.IsBagged(trial.Proposal) && trial.FoldModels.Length > 1 && trial.FoldModels.Length <= allowed)
            return trial.FoldModels;
        if (FitWhole(trial, cancellation) is { } whole)
            return [whole];
        return trial.FoldModels.IsEmpty ? throw new LearningException("The winner could not be fitted on all rows.") : [trial.FoldModels[0]];
    }

    /// <summary>The best of the selection and its smaller versions whose models predict a row in time; trials that alone would not are gone.</summary>
    private (Selection Selection, ImmutableArray<EnsembleMember> Members, TimeSpan Latency) FitQuick(
        Selection selection, Selection single, LatencyMeter meter, TimeSpan limit, CancellationToken cancellation)
    {
        var alone = selection.Members.Append(single.Members[0]).DistinctBy(m => m.Trial.Trial)
            .ToDictionary(m => m.Trial.Trial, m => m.Trial.FoldModels.IsEmpty ? limit : meter.Measure(m.Trial, m.Trial.FoldModels[0]));
        // The ensemble of bags, the ensemble of single models, the best trial's bag; the last resort is the best trial's single model.
        foreach (var (option, models) in new[] { (selection, MaxModels), (selection, 0), (single, MaxModels) })
        {
            // Some slack upwards: features that members share are made once.
            int Count(TrialResult trial) => models > 0 && evaluator.IsBagged(trial.Proposal) ? trial.FoldModels.Length : 1;
            if (option.Members.Aggregate(TimeSpan.Zero, (sum, m) => sum + Count(m.Trial) * alone[m.Trial.Trial]) > 2 * limit)
                continue;
            var members = FitMembers(option, models, cancellation);
            if (meter.Measure(members) is var took && took <= limit)
                return (option, members, took);
        }

        var last = FitMembers(single, 0, cancellation);
        var latency = meter.Measure(last);
        if (latency > limit)
            _warnings.Add($"The model takes {LatencyMeter.Text(latency)} a row where {LatencyMeter.Text(limit)} are allowed: no trial was faster. Allow more trials or a longer latency.");
        return (single, last, latency);
    }

    /// <summary>A stack as one member: its second layer fitted on all rows' out-of-fold scores, over the models that are served for them. Null: there was no time.</summary>
    private EnsembleMember? FitStack(Stack stack, CancellationToken cancellation)
    {
        var (columns, second) = (stack.Columns, stack.Second);
        var layered = evaluator.WithLayer(columns);
        var fitted = FitAllRows(layered, second, layered.NeedsOf(second.Proposal), columns.Extend, cancellation);
        if (fitted is null)
            return null;
        var (feeds, models) = (ImmutableArray.CreateBuilder<LayerFeed>(), 0);
        foreach (var feed in columns.Feeds)
        {
            var served = Models(feed, MaxModels - models, cancellation);
            models += served.Length;
            feeds.Add(new LayerFeed(LayerColumns.Name(feed), feed.Proposal.Learner, [.. served.Select(m => new LayerModel(m.Pipeline, m.Model))]));
        }

        double Share(TrialResult trial) => stack.Blend.Members.FirstOrDefault(m => m.Trial.Trial == trial.Trial)?.Weight ?? 0;
        return new EnsembleMember(
            StackedModel.LearnerId,
            second.RefitParameters.With("second_layer", second.Proposal.Learner),
            fitted.Pipeline.Behind(new FirstLayer(feeds.ToImmutable(), columns.Margins, task.Classes)),
            new StackedModel(fitted.Model, Share(second), [.. columns.Feeds.Select(Share)], columns.Margins),
            1);
    }

    private FittedModel? FitWhole(TrialResult trial, CancellationToken cancellation)
    {
        if (evaluator.Features.Plan.IsExternal && !trial.FoldModels.IsEmpty)
            return trial.FoldModels[0];
        if (_fitted.TryGetValue(trial.Trial, out var done))
            return done;
        if (FitAllRows(evaluator, trial, evaluator.NeedsOf(trial.Proposal), whole => whole, cancellation) is not { } fitted)
            return null;
        _fitted.Add(trial.Trial, fitted);
        return fitted;
    }

    /// <summary>A fit on all rows, or null where there is no time for it.</summary>
    private FittedModel? FitAllRows(
        TrialEvaluator by, TrialResult trial, FeatureNeeds needs, Func<FoldSet, FoldSet> extend, CancellationToken cancellation)
    {
        var left = time.Left;
        if (time.IsLimited && (refitShare == 0 || (evaluator.FillsTime(trial.Proposal) ? LeastOfFilled : 1) * RefitTime(trial) > left))
            return null;

        var deadline = time.IsLimited ? clock.GetUtcNow() + left : (DateTimeOffset?)null;
        using var cutOff = time.IsLimited ? new CancellationTokenSource(left + 0.02 * time.Total, clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cutOff.Token);
        try
        {
            if (!_whole.TryGetValue(needs, out var whole))
                _whole.Add(needs, whole = evaluator.Features.MakeWhole(needs, evaluator.Threads, either.Token));
            var fitted = by.Refit(trial.Trial, trial.Proposal, trial.RefitParameters, extend(whole), deadline, either.Token);
            return deadline is { } end && clock.GetUtcNow() >= end ? null : fitted;
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private LeaderboardEntry AddEnsemble(Selection selection, Stack? stack)
    {
        var entry = history.Leaderboard.Add(new LeaderboardEntry
        {
            Trial = history.Leaderboard.Count + 1,
            Learner = ExperimentResult.EnsembleLearner,
            Score = selection.Score,
            FoldScores = selection.FoldScores,
            FitSeconds = selection.Members.Sum(m => m.Trial.FitTime.TotalSeconds),
            Parameters = Shares(selection, stack),
        });
        report(new TrialEnded(entry, time.Deadline is { } end ? Math.Max(0, (end - clock.GetUtcNow()).TotalSeconds) : null));
        report(new BestChanged(entry));
        return entry;
    }

    /// <summary>Who is in it, and how much; what a second layer reads is listed even where it counts through that alone.</summary>
    private static ImmutableSortedDictionary<string, object> Shares(Selection selection, Stack? stack)
    {
        var shares = ImmutableSortedDictionary.CreateBuilder<string, object>(StringComparer.Ordinal);
        foreach (var feed in stack?.Columns.Feeds ?? [])
            shares[LayerColumns.Name(feed)] = 0.0;
        foreach (var (trial, weight) in selection.Members)
            shares[ReferenceEquals(trial, stack?.Second) ? $"second layer {trial.Proposal.Learner}" : LayerColumns.Name(trial)] = Math.Round(weight, 4);
        return shares.ToImmutable();
    }

    private ExperimentResult Result(Selection selection, ImmutableArray<EnsembleMember> members, Stack? stack = null)
    {
        var ensemble = selection.Members.Length > 1 || stack is not null ? AddEnsemble(selection, stack) : null;
        var features = evaluator.Features;
        var fitted = PostFit.Run(task, threshold, selection.OutOfSample, features.ValidationLabels, features.ValidationWeights);
        var (post, scores) = (fitted.Post, fitted.Scores);
        var labels = features.ValidationLabels.Span;
        var weights = features.ValidationWeights.Span;
        var measured = Evaluation.Report(task, scores, labels, weights, post.Threshold);
        var leaderboard = history.Leaderboard.Ranked();
        var trial = ensemble?.Trial ?? selection.Members[0].Trial.Trial;
        var predictor = new Predictor(data.Schema, task, members, post);
        return new ExperimentResult(
            predictor,
            leaderboard.First(e => e.Trial == trial),
            leaderboard,
            measured.Metrics.ToImmutableSortedDictionary(StringComparer.Ordinal),
            Evaluation.Curves(task, scores, labels, weights, post.Threshold),
            predictor.Importance(),
            "",
            TimeSpan.Zero,
            members.Max(m => m.Pipeline.DenseFeatures.Length + m.Pipeline.SparseWidth),
            [.. _warnings.Distinct(), .. fitted.Warnings])
        {
            Predictions = PredictionBaseline.Of(task, post, scores, labels),
        };
    }
}
