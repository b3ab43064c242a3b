using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Chooses the categories, and the combinations of categories with other columns, whose statistics are worth columns of
/// their own. Each is judged by how well its ordered statistic alone foretells the rows' targets: every row is foretold
/// from the rows before it only, so what is learned by heart does not count (Dawid's prequential principle, 1984).
/// </summary>
internal sealed class CombinationSearch(TrainingSet data, StatisticTargets targets, int[] order, StatisticOptions options, Workers workers)
{
    /// <summary>Columns that combinations are made of: the most telling categories and numbers.</summary>
    private const int MaxParts = 12;

    /// <summary>Combinations that are kept.</summary>
    private const int MaxCombinations = 6;

    /// <summary>Bins of a number in a combination: a few, and as many as trees see.</summary>
    private static readonly int[] NumberBins = [32, BinMapper.MaxValueBins];

    /// <summary>How much more of the targets' variance a combination must tell than the best of its parts.</summary>
    private const double LeastGain = 0.002;

    /// <summary>
    /// Columns and how many keys they make of the rows; the keys themselves are as large as the rows, and made again for
    /// those that are chosen. Told is NaN where there are too many keys for any table.
    /// </summary>
    private sealed record Candidate(ImmutableArray<KeyPart> Parts, int Keys, double Told);

    /// <summary>
    /// The chosen keys of rows: categories first, then combinations, the most telling first. All of them together have at
    /// most <see cref="StatisticOptions.MaxKeys"/> keys; where that is too few, those that foretell least have no statistics.
    /// </summary>
    /// <param name="categories">The features to choose among.</param>
    /// <param name="silent">Those of which no statistic foretells better than the prior, alone or combined.</param>
    public ImmutableArray<CategoryKeys> Choose(int[] categories, out int[] silent)
    {
        var singles = Judge([.. categories.Select(f => ImmutableArray.Create(KeyPart.Category(f, data.FeatureInfos[f].Cardinality)))]);
        var telling = singles.Where(s => s.Told > 0).ToList();
        if (options.MaxComplexity >= 2)
            telling.AddRange(Combine(singles));
        var mute = singles.Where(s => s.Told <= 0).Select(s => s.Parts[0].Feature).ToHashSet();
        silent = [.. mute.Where(f => !telling.Exists(c => c.Parts.Any(p => p.Feature == f)))];
        var afforded = Afford(telling);
        var keys = new CategoryKeys[afforded.Length];
        workers.For(keys.Length, i => keys[i] = CategoryKeys.Of(data.Features, afforded[i].Parts));
        return [.. keys];
    }

    /// <summary>Those that the bounds have room for, in the order given.</summary>
    private Candidate[] Afford(List<Candidate> telling)
    {
        var left = (long)options.MaxKeys;
        var afforded = new HashSet<Candidate>(ReferenceEqualityComparer.Instance);
        foreach (var candidate in telling.OrderByDescending(c => c.Parts.Length == 1 ? c.Told : double.NegativeInfinity))
        {
            if (candidate.Keys > left || afforded.Count == CategoryStatistics.MaxTables)
                continue;
            left -= candidate.Keys;
            afforded.Add(candidate);
        }

        return [.. telling.Where(afforded.Contains)];
    }

    private List<Candidate> Combine(Candidate[] singles)
    {
        var parts = singles.Concat(Numbers()).Where(s => !double.IsNaN(s.Told)).OrderByDescending(s => s.Told).Take(MaxParts).ToArray();
        var told = parts.GroupBy(p => p.Parts[0].Feature).ToDictionary(g => g.Key, g => g.Max(p => Math.Max(0, p.Told)));
        var best = new List<Candidate>();
        var grown = parts;
        for (var size = 2; size <= options.MaxComplexity; size++)
        {
            var made = new Dictionary<string, ImmutableArray<KeyPart>>();
            foreach (var some in grown)
                foreach (var part in parts)
                {
                    ImmutableArray<KeyPart> all = [.. some.Parts.Append(part.Parts[0]).OrderBy(p => p.Feature)];
                    if (all.Select(p => p.Feature).Distinct().Count() == size && all.Any(p => p.IsCategorical) && StatisticTable.KeySpace(all) > 0)
                        made.TryAdd(string.Join(',', all.Select(p => (p.Feature, p.Values))), all);
                }

            grown = [.. Judge([.. made.Values])
                .Where(c => Gain(c) > LeastGain)
                .OrderByDescending(Gain).Take(MaxCombinations)];
            best.AddRange(grown);
        }

        return [.. best.OrderByDescending(Gain).Take(MaxCombinations)];

        double Gain(Candidate candidate) => candidate.Told - candidate.Parts.Max(p => told[p.Feature]);
    }

    /// <summary>Numbers in bins, as parts of combinations.</summary>
    private Candidate[] Numbers()
    {
        var numbers = new List<ImmutableArray<KeyPart>>();
        for (var f = 0; f < data.FeatureInfos.Length; f++)
        {
            if (data.FeatureInfos[f].Kind != FeatureKind.Numeric)
                continue;
            var values = new List<float>();
            for (var row = 0; row < data.RowCount; row++)
                if (data.Features.Row(row)[f] is var value && !float.IsNaN(value))
                    values.Add(value);
            values.Sort();
            var (distinct, weights) = BinBounds.Distinct(values.ToArray(), []);
            foreach (var bins in NumberBins)
                if (BinBounds.Find(distinct, weights, bins) is { Length: > 0 } bounds && (bounds.Length >= bins / 2 || bins == NumberBins[0]))
                    numbers.Add([KeyPart.Number(f, bounds)]);
        }

        return Judge([.. numbers]);
    }

    private Candidate[] Judge(ImmutableArray<ImmutableArray<KeyPart>> parts)
    {
        var judged = new Candidate[parts.Length];
        workers.For(parts.Length, i =>
        {
            var keys = CategoryKeys.Of(data.Features, parts[i]);
            judged[i] = new Candidate(parts[i], keys.Keys.Length, keys.Keys.Length > options.MaxKeys ? double.NaN : Told(keys));
        });
        return judged;
    }

    /// <summary>The share of the targets' variance that the ordered statistic tells; negative if it is worse than the prior.</summary>
    private double Told(CategoryKeys keys)
    {
        var (error, variance) = (0.0, 0.0);
        var sums = new double[keys.Keys.Length];
        var weights = new double[keys.Keys.Length];
        for (var k = 0; k < targets.Count; k++)
        {
            sums.AsSpan().Clear();
            weights.AsSpan().Clear();
            var (values, prior, pull) = (targets.Values[k], targets.Means[k], options.PriorWeight);
            foreach (var row in order)
            {
                var (id, weight) = (keys.Ids[row], targets.Weight(row));
                var ahead = values[row] - prior;
                variance += weight * ahead * ahead;
                if (id >= 0)
                {
                    ahead = values[row] - (sums[id] + pull * prior) / (weights[id] + pull);
                    sums[id] += (double)weight * values[row];
                    weights[id] += weight;
                }

                error += weight * ahead * ahead;
            }
        }

        return variance > 0 ? 1 - error / variance : 0;
    }
}
