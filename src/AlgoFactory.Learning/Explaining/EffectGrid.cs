using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Explaining;

/// <summary>The values of a column at which a model's effect is looked at: values that rows really have.</summary>
/// <param name="Column">The values as a column, without repeats: numbers ascending, categories the most frequent first.</param>
/// <param name="IsWhole">Whether these are all the values that rows have.</param>
public sealed record EffectGrid(Column Column, bool IsWhole)
{
    /// <summary>The numbers; empty for categories.</summary>
    public ImmutableArray<double> Numbers => Column is NumericColumn numbers ? [.. numbers.Values] : [];

    /// <summary>The categories; empty for numbers.</summary>
    public ImmutableArray<string> Levels => Column is CategoryColumn { Codes: var codes, Levels: var levels } ? [.. codes.ToArray().Select(c => levels[c])] : [];

    /// <summary>Points.</summary>
    public int Count => Column.Length;

    /// <summary>The grid of a column; null for text, and where there are fewer than two values.</summary>
    /// <param name="column">The column.</param>
    /// <param name="most">Points at most: numbers at evenly spaced quantiles, the ends among them; the most frequent categories.</param>
    public static EffectGrid? Of(Column column, int most)
    {
        switch (column)
        {
            case NumericColumn numbers:
                var sorted = numbers.Values.ToArray().Where(double.IsFinite).ToArray();
                Array.Sort(sorted);
                double[] distinct = [.. sorted.Distinct()];
                return distinct.Length < 2
                    ? null
                    : new EffectGrid(new NumericColumn(column.Name, distinct.Length <= most ? distinct : Quantiles(sorted, most)), distinct.Length <= most);
            case CategoryColumn categories:
                var frequent = MostFrequent(categories.Codes, categories.Levels.Length);
                return frequent.Length < 2
                    ? null
                    : new EffectGrid(new CategoryColumn(column.Name, [.. frequent.Take(most)], categories.Levels), frequent.Length <= most);
            default:
                return null;
        }
    }

    private static double[] Quantiles(double[] sorted, int most) =>
        [.. Enumerable.Range(0, most).Select(i => sorted[(int)Math.Round((double)i / (most - 1) * (sorted.Length - 1))]).Distinct()];

    private static int[] MostFrequent(ReadOnlySpan<int> codes, int levels)
    {
        var counts = new int[levels];
        foreach (var code in codes)
            if (code >= 0)
                counts[code]++;
        return [.. Enumerable.Range(0, levels).Where(l => counts[l] > 0).OrderByDescending(l => counts[l]).ThenBy(l => l)];
    }
}
