using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;

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

    /// <summary>Models served at most: beyond, members are fitted once more instead of served as bags.</summary>
    private const int MaxModels = 25;

    private readonly Dictionary<FeatureNeeds, FoldSet> _whole = [];
    private readonly List<string> _warnings = [];

    /// <summary>Makes the result; the leaderboard gains a line when an ensemble wins.</summary>
    public ExperimentResult Run(CancellationToken cancellation)
    {
        report(new PhaseChanged("combining"));
        var best = WithScores(history.Best[0], cancellation);
        var single = new Selection([new SelectedMember(best, 1)], best.OutOfSample, best.FoldScores, best.Score!.Value);
        var selection = SelectEnsemble(best, single, cancellation);

        report(new PhaseChanged("refitting"));
        var members = FitMembers(selection, cancellation);
        var entry = selection.Members.Length > 1 ? AddEnsemble(selection) : null;
        return Result(selection, members, entry);
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

    private Selection SelectEnsemble(TrialResult best, Selection single, CancellationToken cancellation)
    {
        // A member must be servable even if no time is left to fit it again.
        var needsModel = time.IsLimited || evaluator.Features.Plan.IsExternal;
        var candidates = history.Best
            .Where(b => !b.OutOfSample.IsEmpty && (!needsModel || !b.FoldModels.IsEmpty))
            .Where(b => b.Trial == best.Trial || evaluator.NeedsOf(b.Proposal) != FeatureNeeds.None)
            .OrderBy(b => b.Trial == best.Trial ? 0 : 1)
            .ToArray();
        // The mean of two ranks is not the rank of a blend: a ranking has one winner.
        if (task.Kind == TaskKind.Ranking || candidates.Length < 2)
            return single;
        var selection = EnsembleSelection.Select(
            evaluator, candidates, history.Leaderboard.IsBetter, EnsembleSelection.MaxMembers,
            time.IsLimited ? EnsembleSelection.TimeFor(candidates, time) : null, cancellation);
        var (gap, least) = (history.Leaderboard.Gap(selection.Score), history.Leaderboard.Gap(single.Score));
        return gap <= (1 - WorthwhileGain) * least ? selection : single;
    }

    private TimeSpan RefitTime(TrialResult trial) => TimePlanner.Slack * refitShare * trial.Wall;

    /// <summary>The models of all members, the heaviest member first: it is the one to have time for a fit on all rows.</summary>
    private ImmutableArray<EnsembleMember> FitMembers(Selection selection, CancellationToken cancellation)
    {
        var members = ImmutableArray.CreateBuilder<EnsembleMember>();
        foreach (var (trial, weight) in selection.Members.OrderByDescending(m => m.Weight).ThenBy(m => m.Trial.Trial))
        {
            var models = Models(trial, MaxModels - members.Count, cancellation);
            if (members.Count == 0 && models.Length == 1 && models == trial.FoldModels && !evaluator.Features.Plan.IsExternal)
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
        return trial.FoldModels.IsEmpty ? throw new LearningException("The winner could not be fitted on all rows.") : trial.FoldModels;
    }

    private FittedModel? FitWhole(TrialResult trial, CancellationToken cancellation)
    {
        if (evaluator.Features.Plan.IsExternal && !trial.FoldModels.IsEmpty)
            return trial.FoldModels[0];
        var left = time.Left;
        if (time.IsLimited && (refitShare == 0 || RefitTime(trial) > left))
            return null;

        var deadline = time.IsLimited ? clock.GetUtcNow() + left : (DateTimeOffset?)null;
        using var cutOff = time.IsLimited ? new CancellationTokenSource(left + 0.02 * time.Total, clock) : new CancellationTokenSource();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, cutOff.Token);
        try
        {
            var needs = evaluator.NeedsOf(trial.Proposal);
            if (!_whole.TryGetValue(needs, out var whole))
                _whole.Add(needs, whole = evaluator.Features.MakeWhole(needs, evaluator.Threads, either.Token));
            var fitted = evaluator.Refit(trial.Trial, trial.Proposal, trial.RefitParameters, whole, deadline, either.Token);
            return deadline is { } end && clock.GetUtcNow() >= end ? null : fitted;
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private LeaderboardEntry AddEnsemble(Selection selection)
    {
        var entry = history.Leaderboard.Add(new LeaderboardEntry
        {
            Trial = history.Leaderboard.Count + 1,
            Learner = ExperimentResult.EnsembleLearner,
            Score = selection.Score,
            FoldScores = selection.FoldScores,
            FitSeconds = selection.Members.Sum(m => m.Trial.FitTime.TotalSeconds),
            Parameters = selection.Members.ToImmutableSortedDictionary(
                m => $"trial {m.Trial.Trial} {m.Trial.Proposal.Learner}", m => (object)Math.Round(m.Weight, 4), StringComparer.Ordinal),
        });
        report(new TrialEnded(entry, time.Deadline is { } end ? Math.Max(0, (end - clock.GetUtcNow()).TotalSeconds) : null));
        report(new BestChanged(entry));
        return entry;
    }

    private ExperimentResult Result(Selection selection, ImmutableArray<EnsembleMember> members, LeaderboardEntry? ensemble)
    {
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
            [.. _warnings, .. fitted.Warnings]);
    }
}
