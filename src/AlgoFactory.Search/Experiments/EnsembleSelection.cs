using System.Collections.Immutable;
using System.Numerics.Tensors;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>One member of a selection and its weight; the weights sum to 1.</summary>
public sealed record SelectedMember(TrialResult Trial, double Weight);

/// <summary>A weighted mean of trials, with its out-of-sample scores and its metric.</summary>
public sealed record Selection(
    ImmutableArray<SelectedMember> Members, ReadOnlyMemory<float> OutOfSample, ImmutableArray<double> FoldScores, double Score)
{
    /// <summary>Whether it is the mean of many selections on few rows.</summary>
    public bool IsBootstrapped { get; init; }
}

/// <summary>
/// Greedy forward selection with replacement over out-of-sample scores (Caruana et al.: Ensemble selection from libraries
/// of models, ICML 2004). It starts from the best trial, so it is never worse on the validation rows than that. On few rows
/// the choice would learn these rows by heart: the one row that every model gets wrong decides which of them is the best. There
/// it is made many times, on rows weighted at random (Rubin: The Bayesian bootstrap, 1981), and the weights are the mean.
/// </summary>
public static class EnsembleSelection
{
    /// <summary>Trials that may become members: the best ones.</summary>
    public const int Candidates = 12;

    /// <summary>Of those at most so many are of one learner: what the others see differently is worth more than its next-best setting.</summary>
    public const int CandidatesPerLearner = Candidates / 2;

    /// <summary>Members at most: each costs time in every prediction.</summary>
    public const int MaxMembers = 5;

    /// <summary>In one selection weights are multiples of one part in so many.</summary>
    public const int Rounds = 20;

    /// <summary>Selections on few rows.</summary>
    public const int Bootstraps = 20;

    /// <summary>Up to this many out-of-sample scores that count the selection is bootstrapped; beyond, they are enough to trust.</summary>
    private const int FewScores = 5000;

    /// <summary>Rounds in a row without a better mean before the selection ends.</summary>
    private const int Patience = 5;

    /// <summary>The share of the budget of time that the selection may take.</summary>
    private const double ShareOfTotal = 0.05;

    /// <summary>The time to keep for a selection among these results and one more.</summary>
    internal static TimeSpan TimeFor(TrialEvaluator evaluator, IReadOnlyList<TrialResult> results, TimePlanner time)
    {
        var measurements = (IsShort(evaluator, results[0]) ? Bootstraps : 1) * Rounds * Math.Min(Candidates, results.Count + 1);
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
        bool IsOver() => allowed is { } limit && evaluator.Clock.GetElapsedTime(started) > limit;
        var candidates = ranked.Where(t => !t.OutOfSample.IsEmpty).Take(Candidates).ToArray();
        var greedy = new Greedy(evaluator, candidates, isBetter, maxMembers, IsOver, cancellation);
        var isBootstrapped = maxMembers > 1 && candidates.Length > 1 && IsShort(evaluator, candidates[0]) && !IsOver();
        var shares = isBootstrapped
            ? Mean(greedy, candidates.Length, evaluator, maxMembers, IsOver)
            : greedy.Run(evaluator.Features.ValidationWeights);
        return Combine(evaluator, candidates, shares) with { IsBootstrapped = isBootstrapped };
    }

    /// <summary>Whether a score hangs on few rows: those that there are, or those that make most of the error.</summary>
    private static bool IsShort(TrialEvaluator evaluator, TrialResult result) => result.OutOfSample.Length <= FewScores
        || (!result.OutOfSample.IsEmpty && SquaredErrors.EffectiveRows(evaluator, result.OutOfSample.Span) <= FewScores);

    /// <summary>The mean of the selections on weighted rows, or of as many as there is time for; the heaviest members stay.</summary>
    private static double[] Mean(Greedy greedy, int candidates, TrialEvaluator evaluator, int maxMembers, Func<bool> isOver)
    {
        var mean = new double[candidates];
        for (var draw = 0; draw == 0 || (draw < Bootstraps && !isOver()); draw++)
            TensorPrimitives.Add<double>(mean, greedy.Run(Weights(evaluator, draw)), mean);
        var kept = Enumerable.Range(0, candidates).OrderByDescending(c => mean[c]).ThenBy(c => c).Take(maxMembers).ToHashSet();
        for (var c = 0; c < candidates; c++)
            if (!kept.Contains(c))
                mean[c] = 0;
        TensorPrimitives.Divide<double>(mean, TensorPrimitives.Sum<double>(mean), mean);
        return mean;
    }

    /// <summary>Weights from an exponential distribution of mean 1, times the rows' own: no row is ever left out, so every class stays.</summary>
    private static float[] Weights(TrialEvaluator evaluator, int draw)
    {
        var own = evaluator.Features.ValidationWeights.Span;
        var random = new SplitMix64((ulong)SplitMix64.Derive(evaluator.Seed, draw));
        var weights = new float[evaluator.Features.ValidationLabels.Length];
        for (var row = 0; row < weights.Length; row++)
            weights[row] = (float)-Math.Log(1 - random.NextDouble()) * (own.IsEmpty ? 1 : own[row]);
        return weights;
    }

    private static Selection Combine(TrialEvaluator evaluator, TrialResult[] candidates, double[] shares)
    {
        ImmutableArray<SelectedMember> members =
        [
            .. candidates.Zip(shares).Where(p => p.Second > 0).Select(p => new SelectedMember(p.First, p.Second)),
        ];
        if (members.Length == 1)
            return new Selection(members, members[0].Trial.OutOfSample, members[0].Trial.FoldScores, members[0].Trial.Score!.Value);
        var scores = new float[candidates[0].OutOfSample.Length];
        foreach (var member in members)
            TensorPrimitives.MultiplyAdd(member.Trial.OutOfSample.Span, (float)member.Weight, scores, scores);
        var folds = evaluator.FoldScores(scores);
        return new Selection(members, scores, folds, TrialEvaluator.Mean(folds));
    }

    /// <summary>The selection on rows of given weights.</summary>
    private sealed class Greedy(
        TrialEvaluator evaluator, TrialResult[] candidates, Func<double, double, bool> isBetter, int maxMembers,
        Func<bool> isOver, CancellationToken cancellation)
    {
        /// <summary>The share of each candidate.</summary>
        public double[] Run(ReadOnlyMemory<float> weights)
        {
            var (best, bestScore) = (0, double.NaN);
            for (var c = 0; c < candidates.Length; c++)
                if (Score(candidates[c].OutOfSample.Span, weights) is var score && (c == 0 || double.IsNaN(bestScore) || isBetter(score, bestScore)))
                    (best, bestScore) = (c, score);
            var counts = new int[candidates.Length];
            counts[best] = 1;
            var (bestCounts, stale) = ((int[])counts.Clone(), 0);
            var sum = candidates[best].OutOfSample.ToArray();
            var trial = new float[sum.Length];
            for (var size = 2; size <= Rounds && stale < Patience && !isOver(); size++)
            {
                var (chosen, chosenScore) = (-1, double.NaN);
                for (var c = 0; c < candidates.Length; c++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (counts[c] == 0 && counts.Count(n => n > 0) >= maxMembers)
                        continue;
                    TensorPrimitives.Lerp(sum, candidates[c].OutOfSample.Span, 1f / size, trial);
                    var score = Score(trial, weights);
                    if (double.IsFinite(score) && (chosen < 0 || isBetter(score, chosenScore)))
                        (chosen, chosenScore) = (c, score);
                }

                if (chosen < 0)
                    break;
                counts[chosen]++;
                stale++;
                TensorPrimitives.Lerp(sum, candidates[chosen].OutOfSample.Span, 1f / size, sum);
                if (isBetter(chosenScore, bestScore))
                    (bestCounts, bestScore, stale) = ((int[])counts.Clone(), chosenScore, 0);
            }

            var total = bestCounts.Sum();
            return Array.ConvertAll(bestCounts, n => (double)n / total);
        }

        private double Score(ReadOnlySpan<float> scores, ReadOnlyMemory<float> weights) =>
            TrialEvaluator.Mean(evaluator.FoldScores(scores, weights.Span));
    }
}
