using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>A second layer that is worth serving.</summary>
/// <param name="Columns">What it reads of the first layer.</param>
/// <param name="Second">Its trial.</param>
/// <param name="Blend">Its mean with the first layer's trials.</param>
internal sealed record Stack(LayerColumns Columns, TrialResult Second, Selection Blend);

/// <summary>
/// Fits small models over the out-of-fold scores of the best trials of different learners, in the same folds (Wolpert: Stacked
/// generalization, 1992; the table's own features beside the scores as in Erickson et al.: AutoGluon-Tabular, 2020), and takes
/// the better one where it is clearly better than the one-layer ensemble. Its own out-of-fold scores are a little hopeful: the
/// scores it learned from come from models that have seen its validation rows.
/// </summary>
internal sealed class SecondLayer(
    TrialEvaluator evaluator, TrialHistory history, LearnerCatalog catalog, TaskSpec task, TimePlanner time, MemoryPlanner memory,
    ImmutableArray<string> allowed)
{
    /// <summary>On fewer rows the combination's luck is larger than its gain.</summary>
    public const int FewestRows = 1_000;

    /// <summary>Trials before there is anything to combine.</summary>
    public const int FewestTrials = 8;

    /// <summary>Trials of the first layer that it reads.</summary>
    private const int MaxFeeds = 5;

    /// <summary>Scores a row that it reads: beyond, every one costs a column of each tree.</summary>
    private const int MaxColumns = 200;

    /// <summary>Folds that a standard error needs.</summary>
    private const int FewestFolds = 3;

    /// <summary>It must take off that share of the one-layer ensemble's loss.</summary>
    private const double LeastGain = 0.005;

    /// <summary>And gain that many standard errors of the folds' differences.</summary>
    private const double LeastErrors = 2;

    private const string Trees = "gbdt";

    /// <summary>What a model over scores alone takes at most.</summary>
    private static readonly TimeSpan Combining = TimeSpan.FromSeconds(0.4);

    /// <summary>The part of the budget that it is planned for at most.</summary>
    private const double ShareOfTotal = 0.1;

    /// <summary>Small, slow and pulled to the middle: what is left to learn is little.</summary>
    private static readonly ImmutableArray<Proposal> Proposals =
    [
        new("linear", ParameterSet.Empty.With("alpha", 10)),
        new(Trees, ParameterSet.Empty.With("learning_rate", 0.05).With("num_leaves", 8).With("max_depth", 4).With("min_data_in_leaf", 30)
            .With("lambda_l2", 20).With("feature_fraction", 0.5).With("bagging_fraction", 0.8)),
    ];

    /// <summary>Whether a plan and its table may have a second layer at all.</summary>
    public static bool Suits(FoldPlan plan, TaskSpec task, int rows) =>
        plan.IsPartition && plan.Folds.Length >= FewestFolds && !task.IsRecommendation && rows >= FewestRows;

    /// <summary>The time to keep for it, by what trials took: for all of it, or where that is too much for the model over scores alone.</summary>
    public static TimeSpan TimeFor(TimePlanner time, double refitShare)
    {
        var (most, needed) = (ShareOfTotal * time.Total, TimePlanner.Slack * (1 + TimePlanner.Slack * refitShare) * time.Predict(Trees));
        return needed is { } whole && whole > Combining && whole <= most ? whole : TimePlanner.Min(Combining, most);
    }

    /// <summary>The second layer to serve, or null: there is none that is clearly better.</summary>
    /// <param name="single">The one-layer ensemble, or the best trial.</param>
    /// <param name="candidates">Trials with scores that can be served, the best first.</param>
    /// <param name="refitShare">A fit on all rows as a share of a trial.</param>
    /// <param name="cancellation">Ends it.</param>
    public Stack? Select(Selection single, IReadOnlyList<TrialResult> candidates, double refitShare, CancellationToken cancellation)
    {
        var feeds = Feeds(single, candidates);
        if (feeds.Select(f => f.Proposal.Learner).Distinct().Count() < 2)
            return null;
        var columns = new LayerColumns(evaluator.Features.Plan, task, feeds);
        var layered = evaluator.WithLayer(columns);
        // What its fits on all rows take is not for the search of a better one.
        var refits = feeds.Concat(single.Members.Select(m => m.Trial)).DistinctBy(f => f.Trial).Where(f => !evaluator.IsBagged(f.Proposal))
            .Aggregate(TimeSpan.Zero, (sum, f) => sum + TimePlanner.Slack * refitShare * f.Wall);
        TrialResult? best = null;
        foreach (var (proposal, number) in Usable().Select((p, i) => (p, history.Leaderboard.Count + 1 + i)))
        {
            var (isAllowed, limit) = Allowed(proposal, refits, refitShare);
            if (!isAllowed)
                continue;
            var folds = memory.FoldsAtOnce(proposal, layered);
            if (folds == 0)
                continue;
            var result = layered.WithFoldsAtOnce(folds).Evaluate(number, proposal, limit, cancellation) with { FoldModels = [] };
            if (result.Score is { } score && (best is null || history.Leaderboard.IsBetter(score, best.Score!.Value)))
                best = result;
        }

        return best is null ? null : Guarded(columns, best, single, cancellation);
    }

    /// <summary>The best trial of each learner, the best first, then the other members of the ensemble.</summary>
    private ImmutableArray<TrialResult> Feeds(Selection single, IReadOnlyList<TrialResult> candidates)
    {
        var most = Math.Min(MaxFeeds, MaxColumns / task.OutputWidth);
        return
        [
            .. candidates.Where(c => !catalog[c.Proposal.Learner].Info.IsBaseline && c.Proposal.Fidelity >= 1)
                .OrderBy(c => history.Leaderboard.Loss(c.Score!.Value)).DistinctBy(c => c.Proposal.Learner)
                .Concat(single.Members.OrderByDescending(m => m.Weight).Select(m => m.Trial))
                .DistinctBy(c => c.Trial).Take(most),
        ];
    }

    private IEnumerable<Proposal> Usable() =>
        Proposals.Where(p => catalog.All.Any(l => l.Info.Id == p.Learner) && (allowed.IsEmpty || allowed.Contains(p.Learner)));

    /// <summary>Whether there is time for it and its fit on all rows, and how much.</summary>
    private (bool IsAllowed, TrialTime? Limit) Allowed(Proposal proposal, TimeSpan refits, double refitShare)
    {
        if (!time.IsLimited)
            return (true, null);
        var most = (time.Left - refits) / (1 + TimePlanner.Slack * refitShare);
        // Over scores alone a fit is next to nothing.
        var expected = LayerColumns.NeedsOf(catalog[proposal.Learner].Info) == FeatureNeeds.None ? TimeSpan.Zero : time.Predict(proposal.Learner);
        return (most > TimeSpan.FromMilliseconds(200) && expected is { } known && TimePlanner.Slack * known < most, new TrialTime(most / 2, most));
    }

    /// <summary>The mean of the second layer and the first one's trials, where it is better by more than its scores are hopeful.</summary>
    private Stack? Guarded(LayerColumns columns, TrialResult second, Selection single, CancellationToken cancellation)
    {
        var blend = EnsembleSelection.Select(
            evaluator, [second, .. columns.Feeds], history.Leaderboard.IsBetter, 1 + columns.Feeds.Length,
            time.IsLimited ? EnsembleSelection.TimeFor(evaluator, [second, .. columns.Feeds], time) : null, cancellation);
        return blend.Members.Any(m => m.Trial.Trial == second.Trial) && IsClearlyBetter(blend, single) ? new Stack(columns, second, blend) : null;
    }

    /// <summary>Whether the folds agree that one combination is better than another, and by enough to be worth a layer.</summary>
    internal bool IsClearlyBetter(Selection layered, Selection single)
    {
        double[] gains =
        [
            .. single.FoldScores.Zip(layered.FoldScores, (s, l) => history.Leaderboard.Loss(s) - history.Leaderboard.Loss(l)).Where(double.IsFinite),
        ];
        if (gains.Length < FewestFolds || history.Leaderboard.Gap(layered.Score) > (1 - LeastGain) * history.Leaderboard.Gap(single.Score))
            return false;
        var mean = gains.Average();
        return mean > LeastErrors * Math.Sqrt(gains.Sum(g => (g - mean) * (g - mean)) / (gains.Length - 1) / gains.Length);
    }
}
