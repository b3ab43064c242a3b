using System.Collections.Immutable;

namespace AlgoFactory.Search.Experiments;

/// <summary>One member of a selection and its weight; the weights sum to 1.</summary>
public sealed record SelectedMember(TrialResult Trial, double Weight);

/// <summary>A weighted mean of trials, with its out-of-sample scores and its metric.</summary>
public sealed record Selection(
    ImmutableArray<SelectedMember> Members, ReadOnlyMemory<float> OutOfSample, ImmutableArray<double> FoldScores, double Score);

/// <summary>
/// Greedy forward selection with replacement over out-of-sample scores (Caruana et al.: Ensemble selection from libraries
/// of models, ICML 2004). It starts from the best trial, so it is never worse on the validation rows than that.
/// </summary>
public static class EnsembleSelection
{
    /// <summary>Trials that may become members: the best ones.</summary>
    public const int Candidates = 12;

    /// <summary>Members at most: each costs time in every prediction.</summary>
    public const int MaxMembers = 4;

    private const int Rounds = 12;

    /// <summary>Selects members among trials that kept their scores; one member when nothing improves on the best trial.</summary>
    /// <param name="evaluator">Measures scores.</param>
    /// <param name="ranked">Successful trials, the best first.</param>
    /// <param name="isBetter">Whether the first score beats the second.</param>
    /// <param name="maxMembers">Members at most.</param>
    /// <param name="cancellation">Ends the selection.</param>
    public static Selection Select(
        TrialEvaluator evaluator, IReadOnlyList<TrialResult> ranked, Func<double, double, bool> isBetter, int maxMembers,
        CancellationToken cancellation)
    {
        var candidates = ranked.Where(t => !t.OutOfSample.IsEmpty).Take(Candidates).ToArray();
        var counts = new int[candidates.Length];
        counts[0] = 1;
        var sum = candidates[0].OutOfSample.ToArray();
        var bestSum = sum;
        var bestCounts = (int[])counts.Clone();
        var bestScore = candidates[0].Score!.Value;
        var trial = new float[sum.Length];
        for (var size = 2; size <= Rounds; size++)
        {
            var (chosen, chosenScore) = (-1, double.NaN);
            for (var c = 0; c < candidates.Length; c++)
            {
                cancellation.ThrowIfCancellationRequested();
                if (counts[c] == 0 && counts.Count(n => n > 0) >= maxMembers)
                    continue;
                Mean(sum, size - 1, candidates[c].OutOfSample.Span, trial);
                var score = TrialEvaluator.Mean(evaluator.FoldScores(trial));
                if (double.IsFinite(score) && (chosen < 0 || isBetter(score, chosenScore)))
                    (chosen, chosenScore) = (c, score);
            }

            if (chosen < 0)
                break;
            counts[chosen]++;
            var next = new float[sum.Length];
            Mean(sum, size - 1, candidates[chosen].OutOfSample.Span, next);
            sum = next;
            if (isBetter(chosenScore, bestScore))
                (bestSum, bestCounts, bestScore) = (next, (int[])counts.Clone(), chosenScore);
        }

        var total = bestCounts.Sum();
        ImmutableArray<SelectedMember> members =
        [
            .. candidates.Zip(bestCounts).Where(p => p.Second > 0)
                .Select(p => new SelectedMember(p.First, (double)p.Second / total)),
        ];
        return new Selection(members, bestSum, evaluator.FoldScores(bestSum), bestScore);
    }

    /// <summary>The mean of <paramref name="count"/> models' mean and one more.</summary>
    private static void Mean(ReadOnlySpan<float> mean, int count, ReadOnlySpan<float> added, Span<float> to)
    {
        var share = 1f / (count + 1);
        for (var i = 0; i < to.Length; i++)
            to[i] = mean[i] + (added[i] - mean[i]) * share;
    }
}
