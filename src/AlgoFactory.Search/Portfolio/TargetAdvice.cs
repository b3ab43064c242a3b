using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Portfolio;

/// <summary>What the labels themselves say of how to learn them: candidates to try first, and why.</summary>
/// <param name="Candidates">Settings of boosted trees, each to be tried before the portfolio's own.</param>
/// <param name="Notes">Sentences for the user.</param>
public sealed record TargetAdvice(ImmutableArray<ParameterSet> Candidates, ImmutableArray<string> Notes)
{
    private const string Boosting = "gbdt";

    /// <summary>Below this share, a class is rare.</summary>
    private const double RareShare = 0.1;

    /// <summary>Below this, a class is so rare that one that never predicts it looks good.</summary>
    private const double MisleadingShare = 0.2;

    /// <summary>A positive target whose skewness is above this has the long tail that a logarithmic link fits.</summary>
    private const double LongTail = 1;

    /// <summary>Whole numbers with more values than this are measurements that were rounded, not counts.</summary>
    private const int MostCounts = 200;

    /// <summary>From this share of exact zeros on, a positive target is a mixture of nothing and something.</summary>
    private const double ManyZeros = 0.05;

    private static readonly TargetAdvice None = new([], []);

    /// <summary>Looks at the labels. O(n).</summary>
    /// <param name="task">The task.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    /// <param name="metric">The metric that the sweep optimises.</param>
    public static TargetAdvice For(TaskSpec task, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, string metric) =>
        labels.IsEmpty || task.IsRecommendation ? None
        : task.IsClassification ? OfClasses(task, labels, weights, metric)
        : OfNumbers(task, labels, weights);

    /// <summary>The learners with the candidates at the head of the boosted trees' portfolio.</summary>
    public IReadOnlyList<TunedLearner> Extend(IReadOnlyList<TunedLearner> learners) => Candidates.IsEmpty
        ? learners
        : [.. learners.Select(l => l.Id == Boosting ? l with { Space = l.Space with { Portfolio = [.. Candidates, .. l.Space.Portfolio] } } : l)];

    private static TargetAdvice OfClasses(TaskSpec task, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, string metric)
    {
        var counts = new double[task.Classes.Length];
        double total = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var weight = weights.IsEmpty ? 1 : weights[row];
            counts[(int)labels[row]] += weight;
            total += weight;
        }

        var rarest = Array.IndexOf(counts, counts.Min());
        var share = counts[rarest] / total;
        // With many classes each is small; rare is what has far fewer rows than its even share.
        var even = 2.0 / counts.Length;
        if (share >= RareShare * even && !(metric == "accuracy" && share < MisleadingShare * even))
            return None;
        var notes = ImmutableArray.CreateBuilder<string>();
        if (metric == "accuracy")
            notes.Add($"Only {Percent(share)} of the rows are '{task.Classes[rarest]}', and a model that never says so has an accuracy close to the best: {(task.Kind == TaskKind.Binary ? "prAuc, f1 or logloss" : "macroF1 or logloss")} tells more.");
        if (share >= RareShare * even)
            return new TargetAdvice([], notes.ToImmutable());
        notes.Add($"Only {Percent(share)} of the rows are '{task.Classes[rarest]}': balanced class weights are tried, too, and probabilities are calibrated afterwards.");
        return new TargetAdvice([ParameterSet.Empty.With("class_weight", "balanced")], notes.ToImmutable());
    }

    private static TargetAdvice OfNumbers(TaskSpec task, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights)
    {
        double total = 0, mean = 0, zeros = 0;
        float lowest = float.MaxValue, highest = float.MinValue;
        var whole = true;
        for (var row = 0; row < labels.Length; row++)
        {
            var weight = weights.IsEmpty ? 1 : weights[row];
            total += weight;
            mean += weight * labels[row];
            zeros += labels[row] == 0 ? weight : 0;
            whole &= labels[row] == MathF.Floor(labels[row]);
            (lowest, highest) = (MathF.Min(lowest, labels[row]), MathF.Max(highest, labels[row]));
        }

        mean /= total;
        if (lowest < 0 || !(mean > 0))
            return None;
        if (whole && lowest <= 1 && highest <= MostCounts)
            return Try($"'{task.Label}' holds counts (whole numbers from {Number(lowest)} to {Number(highest)}): boosting with a Poisson loss is tried, too.", "poisson");
        if (!(Skewness(labels, weights, mean, total) > LongTail))
            return None;
        if (lowest > 0)
            return Try($"'{task.Label}' is positive with a long upper tail: boosting with a Gamma loss and boosting of its logarithm are tried, too.", "gamma", "squared_log");
        return zeros >= ManyZeros * total
            ? Try($"'{task.Label}' is 0 in {Percent(zeros / total)} of the rows and positive with a long tail in the others: boosting with a Tweedie loss is tried, too.", "tweedie")
            : None;
    }

    private static double Skewness(ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, double mean, double total)
    {
        double second = 0, third = 0;
        for (var row = 0; row < labels.Length; row++)
        {
            var (weight, deviation) = (weights.IsEmpty ? 1 : weights[row], labels[row] - mean);
            second += weight * deviation * deviation;
            third += weight * deviation * deviation * deviation;
        }

        return third / total / Math.Pow(second / total, 1.5);
    }

    private static TargetAdvice Try(string note, params ReadOnlySpan<string> objectives)
    {
        var candidates = ImmutableArray.CreateBuilder<ParameterSet>(objectives.Length);
        foreach (var objective in objectives)
            candidates.Add(ParameterSet.Empty.With("objective", objective));
        return new TargetAdvice(candidates.MoveToImmutable(), [note]);
    }

    private static string Percent(double share) => (share * 100).ToString("0.##", CultureInfo.InvariantCulture) + " %";

    private static string Number(float value) => value.ToString("0", CultureInfo.InvariantCulture);
}
