using System.Collections.Immutable;
using System.Numerics.Tensors;

namespace AlgoFactory.Search.Experiments;

/// <summary>One member of a selection and its weight; the weights sum to 1.</summary>
public sealed record SelectedMember(TrialResult Trial, double Weight);

/// <summary>A weighted mean of trials, with its out-of-sample scores and its metric.</summary>
public sealed record Selection(
    ImmutableArray<SelectedMember> Members, ReadOnlyMemory<float> OutOfSample, ImmutableArray<double> FoldScores, double Score);

/// <summary>
/// Greedy forward selection with replacement over out-of-sample scores (Caruana et al.: Ensemble selection from libraries
/// of models, ICML 2004). It starts from the best trial, so it is never worse on the validation rows than that. On few rows
/// the choice would learn these rows by heart: there the number of rounds is chosen by leaving out a fold at a time.
/// </summary>
public static class EnsembleSelection
{
    /// <summary>Trials that may become members: the best ones.</summary>
    public const int Candidates = 12;

    /// <summary>Members at most: each costs time in every prediction.</summary>
    public const int MaxMembers = 5;

    /// <summary>Weights are multiples of one part in so many.</summary>
    public const int Rounds = 20;

    /// <summary>Up to this many out-of-sample scores the number of rounds is cross-validated; beyond, they are enough to trust.</summary>
    private const int FewScores = 5000;

    /// <summary>Rounds in a row without a better mean before the selection ends.</summary>
    private const int Patience = 5;

    /// <summary>The share of the budget of time that the selection may take.</summary>
    private const double ShareOfTotal = 0.05;

    /// <summary>The time to keep for a selection among these results and one more.</summary>
    internal static TimeSpan TimeFor(IReadOnlyList<TrialResult> results, TimePlanner time)
    {
        var selections = IsShort(results[0]) ? 1 + results[0].FoldScores.Length : 1;
        var measurements = selections * Rounds * Math.Min(Candidates, results.Count + 1);
        return TimePlanner.Min(results.Max(r => r.MeasureTime) * measurements + TimeSpan.FromMilliseconds(20), ShareOfTotal * time.Total);
    }

    /// <summary>Selects members among trials that kept their scores; one member when nothing improves on the best trial.</summary>
    /// <param name="evaluator">Measures scores.</param>
    /// <param name="ranked">Successful trials, the best first.</param>
    /// <param name="isBetter">Whether the first score beats the second.</param>
    /// <param name="maxMembers">Members at most.</param>
    /// <param name="allowed">The selection ends after that time with what it has; null: when it is done.</param>
    /// <param name="cancellation">Ends the selection.</param>
    public static Selection Select(
        TrialEvaluator evaluator, IReadOnlyList<TrialResult> ranked, Func<double, double, bool> isBetter, int maxMembers,
        TimeSpan? allowed, CancellationToken cancellation)
    {
        var started = evaluator.Clock.GetTimestamp();
        bool IsOver(double share) => allowed is { } limit && evaluator.Clock.GetElapsedTime(started) > share * limit;
        var candidates = ranked.Where(t => !t.OutOfSample.IsEmpty).Take(Candidates).ToArray();
        var rounds = maxMembers > 1 && candidates.Length > 1 && IsShort(candidates[0])
            ? HonestRounds(evaluator, candidates, isBetter, maxMembers, () => IsOver(0.8), cancellation)
            : Rounds;

        var counts = new int[candidates.Length];
        var best = new Step(0, candidates[0].OutOfSample.ToArray(), candidates[0].FoldScores);
        var (bestCounts, bestScore, stale) = (new int[candidates.Length], candidates[0].Score!.Value, 0);
        bestCounts[0] = counts[0] = 1;
        foreach (var step in Steps(evaluator, candidates, isBetter, maxMembers, rounds, leftOut: -1, cancellation))
        {
            counts[step.Chosen]++;
            var score = TrialEvaluator.Mean(step.FoldScores);
            stale++;
            if (isBetter(score, bestScore))
                (best, bestCounts, bestScore, stale) = (step, (int[])counts.Clone(), score, 0);
            if (stale >= Patience || IsOver(1))
                break;
        }

        var total = bestCounts.Sum();
        ImmutableArray<SelectedMember> members =
        [
            .. candidates.Zip(bestCounts).Where(p => p.Second > 0)
                .Select(p => new SelectedMember(p.First, (double)p.Second / total)),
        ];
        return new Selection(members, best.Scores, best.FoldScores, bestScore);
    }

    private static bool IsShort(TrialResult result) => result.FoldScores.Length > 1 && result.OutOfSample.Length <= FewScores;

    /// <summary>
    /// How many rounds do best on a fold that the choice did not look at, in the mean over the folds: a selection a fold, or as
    /// many of them as there is time for.
    /// </summary>
    private static int HonestRounds(
        TrialEvaluator evaluator, TrialResult[] candidates, Func<double, double, bool> isBetter, int maxMembers,
        Func<bool> isOver, CancellationToken cancellation)
    {
        var folds = candidates[0].FoldScores.Length;
        var sums = new double[Rounds + 1];
        for (var fold = 0; fold < folds; fold++)
        {
            var start = Start(candidates, isBetter, fold);
            if (!double.IsFinite(candidates[start].FoldScores[fold]))
                continue;
            if (isOver())
                break;
            var (round, score) = (1, candidates[start].FoldScores[fold]);
            sums[1] += score;
            foreach (var step in Steps(evaluator, candidates, isBetter, maxMembers, Rounds, fold, cancellation))
            {
                score = double.IsFinite(step.FoldScores[fold]) ? step.FoldScores[fold] : score;
                sums[++round] += score;
            }

            // A selection that came to its end stays as it is.
            while (round < Rounds)
                sums[++round] += score;
        }

        // Among equals the most rounds: with no fold judged, all of them.
        var best = Rounds;
        for (var round = Rounds - 1; round >= 1; round--)
            if (isBetter(sums[round], sums[best]))
                best = round;
        return best;
    }

    /// <summary>
    /// The best candidate on all folds but one. Were it the best on all of them, the fold left out would be one that it was
    /// chosen on, and no honest addition could keep up with it.
    /// </summary>
    private static int Start(TrialResult[] candidates, Func<double, double, bool> isBetter, int leftOut)
    {
        var best = 0;
        for (var c = 1; c < candidates.Length; c++)
            if (isBetter(Rest(c), Rest(best)))
                best = c;
        return best;

        double Rest(int c) => TrialEvaluator.Mean(candidates[c].FoldScores.RemoveAt(leftOut));
    }

    /// <summary>The greedy rounds from the second on, each with the mean so far. The metric of a fold that is left out does not count.</summary>
    private static IEnumerable<Step> Steps(
        TrialEvaluator evaluator, TrialResult[] candidates, Func<double, double, bool> isBetter, int maxMembers, int rounds, int leftOut,
        CancellationToken cancellation)
    {
        var used = new bool[candidates.Length];
        var start = leftOut < 0 ? 0 : Start(candidates, isBetter, leftOut);
        used[start] = true;
        var sum = candidates[start].OutOfSample.ToArray();
        var trial = new float[sum.Length];
        for (var size = 2; size <= rounds; size++)
        {
            var (chosen, chosenScore, chosenFolds) = (-1, double.NaN, ImmutableArray<double>.Empty);
            for (var c = 0; c < candidates.Length; c++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (!used[c] && used.Count(u => u) >= maxMembers)
                    continue;
                TensorPrimitives.Lerp(sum, candidates[c].OutOfSample.Span, 1f / size, trial);
                var folds = evaluator.FoldScores(trial);
                var score = TrialEvaluator.Mean(leftOut < 0 ? folds : folds.RemoveAt(leftOut));
                if (double.IsFinite(score) && (chosen < 0 || isBetter(score, chosenScore)))
                    (chosen, chosenScore, chosenFolds) = (c, score, folds);
            }

            if (chosen < 0)
                yield break;
            used[chosen] = true;
            var next = new float[sum.Length];
            TensorPrimitives.Lerp(sum, candidates[chosen].OutOfSample.Span, 1f / size, next);
            sum = next;
            yield return new Step(chosen, next, chosenFolds);
        }
    }

    /// <summary>A round: which candidate came in, and the mean with it.</summary>
    private sealed record Step(int Chosen, float[] Scores, ImmutableArray<double> FoldScores);
}
