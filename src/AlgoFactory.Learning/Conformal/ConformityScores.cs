using System.Collections.Immutable;

namespace AlgoFactory.Learning.Conformal;

/// <summary>
/// Sorted conformity scores of rows that the model did not learn from, thinned to what a model file should hold. Thinning
/// rounds outwards: a quantile is never closer to the middle than the exact one.
/// </summary>
/// <param name="Rows">Rows that the scores come from.</param>
/// <param name="Values">Scores, ascending: all of them, or those of evenly spaced ranks with the first and the last.</param>
public sealed record ConformityScores(int Rows, ImmutableArray<float> Values)
{
    /// <summary>The most values that are kept: a step of 0.05 % of the rows.</summary>
    public const int MostValues = 2_001;

    /// <summary>Sorts and thins. O(n log n).</summary>
    public static ConformityScores Of(float[] scores)
    {
        var sorted = (float[])scores.Clone();
        Array.Sort(sorted);
        var kept = Math.Min(sorted.Length, MostValues);
        return new ConformityScores(sorted.Length, [.. Enumerable.Range(0, kept).Select(i => sorted[Rank(i, kept, sorted.Length) - 1])]);
    }

    /// <summary>
    /// The score that a new row's exceeds with a probability of at most <paramref name="share"/>: the one of rank
    /// ⌈(1 - share)(n + 1)⌉. Infinite when there are too few rows to say.
    /// </summary>
    public float Upper(double share)
    {
        var rank = Math.Ceiling((1 - share) * (Rows + 1) - 1e-9);
        if (!(rank <= Rows))
            return float.PositiveInfinity;
        var (low, high) = (0, Values.Length - 1);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Rank(middle, Values.Length, Rows) >= rank)
                high = middle;
            else
                low = middle + 1;
        }

        return Values[low];
    }

    /// <summary>The score that a new row's falls below with a probability of at most <paramref name="share"/>; the mirror of <see cref="Upper"/>.</summary>
    public float Lower(double share)
    {
        var rank = Math.Floor(share * (Rows + 1) + 1e-9);
        if (!(rank >= 1))
            return float.NegativeInfinity;
        var (low, high) = (0, Values.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Rank(middle, Values.Length, Rows) <= rank)
                low = middle;
            else
                high = middle - 1;
        }

        return Values[low];
    }

    /// <summary>The rank, from 1, of a kept value: the first is 1, the last is the number of rows.</summary>
    private static int Rank(int at, int kept, int rows) => kept <= 1 ? 1 : 1 + (int)((long)at * (rows - 1) / (kept - 1));
}
