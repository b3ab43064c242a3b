using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Search.Experiments;

/// <summary>
/// The end of a sweep: selects an ensemble where it pays, fits the winner on all rows, and measures it out of sample.
/// Where time is too short for the fit on all rows, the model that was fitted on the training part is kept, with a warning.
/// </summary>
internal sealed class WinnerFit(
    TrialEvaluator evaluator, TrialHistory history, ExperimentData data, TaskSpec task, TimePlanner time, double refitShare,
    ThresholdRule threshold, TimeProvider clock, Action<ExperimentEvent> report)
{
    /// <summary>An ensemble must take off that share of the best trial's loss to be worth its slower predictions.</summary>
    private const double WorthwhileGain = 0.01;

    private readonly Dictionary<FeatureNeeds, FoldSet> _whole = [];
    private readonly Dictionary<int, FittedModel> _fitted = [];
    private readonly List<string> _warnings = [];

    /// <summary>Makes the result; the leaderboard gains a line when an ensemble wins.</summary>
    public ExperimentResult Run(CancellationToken cancellation)
    {
        report(new PhaseChanged("combining"));
        var best = WithScores(history.Best[0], cancellation);
        var single = new Selection([new SelectedMember(best, 1)], best.OutOfSample, best.FoldScores, best.Score!.Value);
        var selection = SelectEnsemble(best, single, cancellation);

        report(new PhaseChanged("refitting"));
        var fitted = FitMembers(selection, cancellation);
        if (fitted is null)
        {
            selection = single;
            fitted = FitMembers(single, cancellation) ?? throw new LearningException("The winner could not be fitted on all rows.");
        }

        var entry = selection.Members.Length > 1 ? AddEnsemble(selection) : null;
        return Result(selection, fitted.Value, entry);
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
        var isExternal = evaluator.Features.Plan.IsExternal;
        var candidates = history.Best
            .Where(b => !b.OutOfSample.IsEmpty && (!isExternal || b.FirstFold is not null))
            .OrderBy(b => b.Trial == best.Trial ? 0 : 1)
            .ToArray();
        // The mean of two ranks is not the rank of a blend: a ranking has one winner.
        if (task.Kind == TaskKind.Ranking || candidates.Length < 2 || (refitShare == 0 && !isExternal))
            return single;
        if (time.IsLimited)
        {
            // Selecting takes about one measurement a candidate and round; it may take a tenth of what is left.
            var started = clock.GetTimestamp();
            evaluator.FoldScores(best.OutOfSample.Span);
            if (clock.GetElapsedTime(started) * candidates.Length * EnsembleSelection.Candidates > 0.1 * time.Left)
                return single;
        }

        var loss = history.Leaderboard.Gap(single.Score);
        for (var members = EnsembleSelection.MaxMembers; members > 1; members--)
        {
            var selection = EnsembleSelection.Select(evaluator, candidates, history.Leaderboard.IsBetter, members, cancellation);
            if (selection.Members.Length < 2 || history.Leaderboard.Gap(selection.Score) > (1 - WorthwhileGain) * loss)
                return single;
            if (!time.IsLimited || selection.Members.Aggregate(TimeSpan.Zero, (sum, m) => sum + RefitTime(m.Trial)) < time.Left)
                return selection;
            members = Math.Min(members, selection.Members.Length);
        }

        return single;
    }

    private TimeSpan RefitTime(TrialResult trial) => TimePlanner.Slack * refitShare * trial.Wall;

    /// <summary>Fits the members on all rows; null when there is no time left to and no other model to take.</summary>
    private ImmutableArray<EnsembleMember>? FitMembers(Selection selection, CancellationToken cancellation)
    {
        var members = ImmutableArray.CreateBuilder<EnsembleMember>();
        // The best trial first: if time runs out on a later member, it alone can still be served.
        foreach (var member in selection.Members.OrderBy(m => m.Trial.Trial == selection.Members[0].Trial.Trial ? 0 : 1))
        {
            var fitted = FitWhole(member.Trial, cancellation);
            if (fitted is null && selection.Members.Length > 1)
                return null;
            fitted ??= InsteadOfWhole(member.Trial);
            if (fitted is null)
                return null;
            members.Add(new EnsembleMember(
                member.Trial.Proposal.Learner, member.Trial.RefitParameters, fitted.Pipeline, fitted.Model, member.Weight));
        }

        return members.ToImmutable();
    }

    private FittedModel? FitWhole(TrialResult trial, CancellationToken cancellation)
    {
        if (_fitted.TryGetValue(trial.Trial, out var done))
            return done;
        if (evaluator.Features.Plan.IsExternal && trial.FirstFold is { } external)
            return external;
        var left = time.Left;
        if (time.IsLimited && (refitShare == 0 || RefitTime(trial) > TimePlanner.Slack * left))
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
            if (deadline is { } end && clock.GetUtcNow() >= end)
                return null;
            _fitted.Add(trial.Trial, fitted);
            return fitted;
        }
        catch (OperationCanceledException) when (cutOff.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private FittedModel? InsteadOfWhole(TrialResult trial)
    {
        if (trial.FirstFold is null)
            return null;
        _warnings.Add($"There was no time left to fit the winner again on all {data.Train.RowCount} rows: the model is the one that its trial fitted on {evaluator.Features.Plan.Folds[0].Train.Length} of them. Allow a longer budget for a better model.");
        return trial.FirstFold;
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
