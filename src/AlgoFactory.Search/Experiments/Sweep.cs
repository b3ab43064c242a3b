using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Portfolio;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>One run of an experiment: splits, climbs, searches, then hands the results on to <see cref="WinnerFit"/>.</summary>
internal sealed class Sweep
{
    /// <summary>Proposals passed over in a row, because they would not end in time, before the search ends.</summary>
    private const int PassedOver = 25;

    /// <summary>The most of the budget that is kept for the best trial's fit on all rows.</summary>
    private const double RefitPart = 0.25;

    /// <summary>The most of the time left that one trial of an interrupted run may take to be made again.</summary>
    private const double RestoredPart = 0.1;

    /// <summary>The same where that fit has use for any time.</summary>
    private const double FilledPart = 0.45;

    private readonly LearnerCatalog _catalog;
    private readonly ExperimentPlan _plan;
    private readonly ExperimentData _data;
    private readonly TimeProvider _clock;
    private readonly Action<ExperimentEvent> _report;
    private readonly TimePlanner _time;
    private readonly IMetric _metric;
    private readonly TrialHistory _history;
    private readonly long _started;
    private readonly LatencyMeter? _latency;
    private readonly LatencyPlanner? _latencyPlanner;
    private readonly MemoryPlanner _memory;
    private readonly List<string> _warnings = [];
    private TimeSpan? _firstModel;

    public Sweep(LearnerCatalog catalog, ExperimentPlan plan, ExperimentData data, TimeProvider clock, Action<ExperimentEvent> report)
    {
        if (plan.Deadline is null && plan.Trials is null)
            throw new ArgumentException("An experiment needs a budget of time or of trials.", nameof(plan));
        (_catalog, _plan, _data, _clock, _report) = (catalog, plan, data, clock, report);
        _started = clock.GetTimestamp();
        _time = new TimePlanner(clock, plan.Deadline);
        _metric = MetricCatalog.Find(plan.Metric, plan.Task.Kind);
        _history = new TrialHistory(_metric.HigherIsBetter, data.Train.RowCount);
        _latency = plan.MaxLatency is null ? null : new LatencyMeter(data, plan.Task, clock);
        _latencyPlanner = _latency is null ? null : new LatencyPlanner(_latency, plan.MaxLatency!.Value, catalog);
        _memory = new MemoryPlanner(plan.MemoryBytes - CacheBytes, catalog, data, plan.Task);
    }

    /// <summary>Runs to the end; the last thing reported is <see cref="ExperimentDone"/>.</summary>
    public void Run(CancellationToken cancellation)
    {
        _report(new PhaseChanged("featurizing"));
        var full = FoldPlanner.Plan(_data, _plan.Task, _plan.Folds, _plan.Seed, _plan.Split);
        var advice = TargetAdvice.For(_plan.Task, _data.TrainLabels.Span, _data.TrainWeights.Span, _plan.Metric);
        _warnings.AddRange(advice.Notes);
        var learners = advice.Extend(LearnerOrder.For(_catalog, _plan.Task, _data.Profile))
            .Where(l => _plan.Learners.IsEmpty ? IsWorthTrying(_catalog[l.Id].Info) : _plan.Learners.Contains(l.Id) || IsBaseline(l.Id)).ToArray();
        if (learners.Length == 0)
            throw new LearningException($"No learner fits a {_plan.Task.Kind.ToString().ToLowerInvariant()} task.");

        var share = RefitShare(full);
        var climber = learners.FirstOrDefault(l => !IsBaseline(l.Id));
        var top = climber is null
            ? new SizeLadder.Top(EvaluatorOf(full), [], false)
            : new SizeLadder(_time, EvaluatorOf, _memory, _plan.Seed).Climb(full, new Proposal(climber.Id, ParameterSet.Empty), share, cancellation);
        if (top.Rungs.Any(r => r.Error is null))
            _firstModel = _clock.GetElapsedTime(_started);
        if (top.IsSample)
        {
            // The final fit on all rows has to be many times a trial; without the time or memory for that, the sample's model is served.
            share = (double)_data.Train.RowCount / top.Evaluator.Features.Plan.Folds[0].Train.Length;
            if (top.IsShortOfMemory || TimePlanner.Slack * share * top.Rungs[^1].Wall > _time.Left)
                share = 0;
            _warnings.Add($"{(top.IsShortOfMemory ? "Memory" : "The budget")} is short for this data: trials trained on a sample of {top.Evaluator.Features.Plan.Folds[0].Train.Length} of {_data.Train.RowCount} rows{(top.IsShortOfMemory ? ", and so did the model; raise the limit (--memory)" : "")}.");
        }

        var finished = _plan.Finished
            .Where(e => e.Learner != ExperimentResult.EnsembleLearner).OrderBy(e => e.Trial).Select(TrialHistory.FromEntry).ToArray();
        foreach (var earlier in finished)
            _history.Add(earlier);
        var tuner = new ResumedTuner(
            TunerCatalog.Create(_plan.Tuner, learners, SplitMix64.Derive(_plan.Seed, -2), top.Evaluator.Features.Plan.Folds[0].Train.Length),
            finished.Select(Observe));
        _report(new PhaseChanged("searching"));
        Restore(top.Evaluator, cancellation);
        Search(tuner, top, share, cancellation);
        Rescue(top);
        if (_history.Best.Count == 0)
            throw new LearningException(_history.FirstError is { } error
                ? $"No learner could be fitted. The first error was: {error}"
                : "The budget ended before a model could be fitted; allow more time.");

        var winner = new WinnerFit(top.Evaluator, _history, _data, _plan.Task, _time, share, _plan.Threshold, _clock, _report)
        {
            Latency = _latency is null ? null : (_latency, _plan.MaxLatency!.Value),
            IsSingle = _plan.SingleModel,
            IsShortOfMemory = top.IsShortOfMemory,
            SecondLayer = MayStack(top.Evaluator) ? new SecondLayer(top.Evaluator, _history, _catalog, _plan.Task, _time, _memory, _plan.Learners) : null,
        };
        var result = winner.Run(cancellation);
        _report(new ExperimentDone(result with
        {
            Validation = top.Evaluator.Features.Plan.Description,
            FirstModelAfter = _firstModel ?? _clock.GetElapsedTime(_started),
            Warnings = [.. _warnings, .. result.Warnings],
        }));
    }

    private void Search(ITuner tuner, SizeLadder.Top top, double share, CancellationToken cancellation)
    {
        var (number, passedOver) = (_history.Leaderboard.Count, 0);
        Proposal? proposed = null, shortened = null;
        var evaluators = new FidelityEvaluators(top.Evaluator, EvaluatorOf, _plan.Seed);
        var patience = new Patience(_data.Train.RowCount);
        // A baseline is what trials are compared with, not a trial itself: a budget of one trial gives a model, too.
        var trials = _history.Leaderboard.Ranked().Count(e => !IsBaseline(e.Learner));
        while (trials < (_plan.Trials ?? int.MaxValue) && passedOver < PassedOver && !patience.IsOver)
        {
            cancellation.ThrowIfCancellationRequested();
            if (shortened is null && (proposed = tuner.Propose()) is null)
                break;
            var isAgain = shortened is not null;
            if ((shortened ?? Shorten(proposed!)) is not { } proposal)
            {
                tuner.Observe(new Observation(proposed!, null));
                passedOver++;
                continue;
            }

            shortened = null;
            TrialResult result;
            if (top.IsSample && top.Rungs[^1] is { Error: null } rung && rung.Proposal == proposal)
                result = rung with { Trial = ++number };
            else
            {
                var allowed = IsBaseline(proposal.Learner)
                    ? _time.AlwaysAllowed
                    : _time.Allow(
                        CostKey(proposal), top.Evaluator.IsBagged(proposal) ? 0 : share, Reserved(top.Evaluator, share), _firstModel is null,
                        _catalog[proposal.Learner].Info.UsesValidation);
                if (_time.IsLimited && allowed is null)
                {
                    passedOver++;
                    continue;
                }

                var evaluator = evaluators.For(proposal.Fidelity);
                var folds = _memory.FoldsAtOnce(proposal, evaluator);
                result = folds > 0
                    ? evaluator.WithFoldsAtOnce(folds).Evaluate(++number, proposal, allowed, cancellation)
                    : _memory.Skip(++number, proposal, evaluator);
            }

            passedOver = 0;
            trials += IsBaseline(proposal.Learner) ? 0 : 1;
            var recorded = Record(result);
            tuner.Observe(recorded with { Proposal = proposed! });
            // A model that was too slow is made again with as many trees as there is time for.
            if (result.Error is null && recorded.Loss is null && !isAgain && Shorten(proposed!) is { } again && again != proposed)
                shortened = again;
            patience.Take(_history.Leaderboard);
        }

        _warnings.AddRange(_memory.Warnings);
    }

    /// <summary>
    /// When time ran out before any trial was done, the ladder's best rung is measured on the trials' validation rows and
    /// takes their place. What its fit on all rows would take is not known: as much as there is.
    /// </summary>
    private void Rescue(SizeLadder.Top top)
    {
        if (_history.Best.Any(b => !IsBaseline(b.Proposal.Learner)) || top.Rungs.LastOrDefault(r => !r.FoldModels.IsEmpty) is not { } rung)
            return;
        var result = top.Evaluator.Measure(rung with { Trial = _history.Leaderboard.Count + 1, Wall = _time.Total });
        _warnings.Add("The budget was too short for a trial on all rows: the model was fitted on a small sample of them. Allow a longer budget.");
        Report(_history.Add(result));
    }

    /// <summary>Takes a result in and reports it; how it did is for the tuner.</summary>
    private Observation Record(TrialResult result)
    {
        // One that was given up would have taken longer, nobody knows how much.
        _time.Record(CostKey(result.Proposal), result.Error is null ? result.Wall : 4 * result.Wall);
        result = _latencyPlanner?.Within(result) ?? result;
        if (result.Error is null && !IsBaseline(result.Proposal.Learner))
            _firstModel ??= _clock.GetElapsedTime(_started);
        var observation = Observe(result);
        // What the same would take on all rows: that is what the last fit is planned by.
        Report(_history.Add(result with { Wall = result.Wall / result.Proposal.Fidelity }));
        return observation;
    }

    private Proposal? Shorten(Proposal proposal) => _latencyPlanner is null ? proposal : _latencyPlanner.Shorten(proposal);

    /// <summary>
    /// The best trials of an interrupted run come without their out-of-sample scores: these are made again, as far as time allows,
    /// so that its ensemble is that of an uninterrupted one.
    /// </summary>
    private void Restore(TrialEvaluator evaluator, CancellationToken cancellation)
    {
        var best = _history.Best.Where(b => !IsBaseline(b.Proposal.Learner) && b.Proposal.Fidelity >= 1).ToArray();
        // A second layer reads the best trial of each learner.
        var feeds = MayStack(evaluator) ? best.DistinctBy(b => b.Proposal.Learner) : [];
        foreach (var earlier in best.Take(EnsembleSelection.MaxMembers).Concat(feeds).DistinctBy(b => b.Trial))
        {
            var left = _time.Left;
            if (!_memory.Fits(earlier.Proposal, evaluator) || (_time.IsLimited && earlier.Wall > RestoredPart * left))
                continue;
            var again = evaluator.WithFoldsAtOnce(_memory.FoldsAtOnce(earlier.Proposal, evaluator)).Evaluate(
                earlier.Trial, earlier.Proposal, _time.IsLimited ? new TrialTime(RestoredPart * left, 2 * RestoredPart * left) : null, cancellation);
            if (again.Error is null)
                _history.Replace(again);
        }
    }

    private void Report(LeaderboardEntry entry)
    {
        _report(new TrialEnded(entry, _plan.Deadline is { } end ? Math.Max(0, (end - _clock.GetUtcNow()).TotalSeconds) : null));
        if (entry.Rank == 1)
            _report(new BestChanged(entry));
    }

    /// <summary>A result as tuners see it. Under a budget of trials every one costs the same: nothing depends on the clock.</summary>
    private Observation Observe(TrialResult result) =>
        new(result.Proposal, result.Score is { } score ? _history.Leaderboard.Loss(score) : null)
        {
            Cost = _time.IsLimited ? Math.Max(1e-6, result.Wall.TotalSeconds) : 1,
        };

    /// <summary>Trials on a share of the rows have costs of their own.</summary>
    private static string CostKey(Proposal proposal) => proposal.Fidelity < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{proposal.Learner} {proposal.Fidelity}")
        : proposal.Learner;

    /// <summary>The time of a fit on all rows as a share of a whole trial's.</summary>
    private double RefitShare(FoldPlan plan)
    {
        if (plan.IsExternal)
            return 0;
        var waves = (plan.Folds.Length + _plan.Threads - 1) / _plan.Threads;
        return _data.Train.RowCount / plan.Folds.Average(f => f.Train.Length) / waves;
    }

    /// <summary>
    /// What the end needs: the selection of an ensemble, the best trial's fit on all rows, some of the time that two more
    /// members would take, and a second layer where there may be one. Bags need none; where a fit would take too much of the budget, more trials are worth more than a few
    /// more rows, and the trial's own model is served.
    /// </summary>
    private TimeSpan Reserved(TrialEvaluator evaluator, double share)
    {
        if (_history.Best.Count == 0)
            return TimeSpan.Zero;
        // Where a limit of latency may forbid a bag, its one fit is planned for.
        TimeSpan Refit(TrialResult t) => evaluator.IsBagged(t.Proposal) && _latency is null ? TimeSpan.Zero : TimePlanner.Slack * share * t.Wall;
        var best = Refit(_history.Best[0]);
        if (best > RefitPart * _time.Total)
            // Except for a learner whose fit on all rows is as long as it may be.
            best = _catalog[_history.Best[0].Proposal.Learner].Info.FillsTime ? TimePlanner.Min(best, FilledPart * _time.Total) : TimeSpan.Zero;
        var more = _history.Best.Skip(1).Take(2).Aggregate(TimeSpan.Zero, (sum, t) => sum + Refit(t));
        var stack = MayStack(evaluator) ? SecondLayer.TimeFor(_time, share) : TimeSpan.Zero;
        return EnsembleSelection.TimeFor(evaluator, _history.Best, _time) + best + TimePlanner.Min(more, 0.15 * _time.Total) + stack;
    }

    /// <summary>Whether there may be a second layer: not where the winner is to learn from more rows afterwards, or alone.</summary>
    private bool MayStack(TrialEvaluator evaluator) => _plan is { Stack: true, Bags: true, SingleModel: false }
        && SecondLayer.Suits(evaluator.Features.Plan, _plan.Task, _data.Train.RowCount)
        && _history.Leaderboard.Count >= SecondLayer.FewestTrials;

    /// <summary>Half of the memory keeps the folds' features, so that they are not made again; the other half is for the fits.</summary>
    private long CacheBytes => Math.Min(FoldFeatures.MostCacheBytes, _plan.MemoryBytes / 2);

    /// <summary>Whether the rows and the time are enough for a learner that nobody asked for.</summary>
    private bool IsWorthTrying(LearnerInfo learner) => _data.Train.RowCount >= learner.FromRows && _time.Total >= TimeSpan.FromSeconds(learner.FromSeconds);

    private bool IsBaseline(string learner) => _catalog[learner].Info.IsBaseline;

    private TrialEvaluator EvaluatorOf(FoldPlan plan) => new(
        _catalog, new FoldFeatures(_data, _plan.Task, plan, _plan.Seed, CacheBytes), _plan.Task, _metric, _plan.Seed, _plan.Threads, _clock,
        bags: _plan.Bags && !_plan.SingleModel);
}
