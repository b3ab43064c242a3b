using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Learning.Explaining;

/// <summary>
/// Rows that look like the training data's, column by column: what a model is compared with where no data is at hand. They are
/// drawn from the profile that every model file holds, each column by itself, so that the same row is explained alike whatever
/// file it stands in. Texts and images are missing: the profile has none.
/// </summary>
public static class ProfileRows
{
    /// <summary>
    /// Draws rows as a Latin hypercube (McKay, Beckman and Conover 1979): every column has its values in just the shares of
    /// its profile, in an order of its own.
    /// </summary>
    /// <param name="columns">The columns.</param>
    /// <param name="profile">Their profile; a column that it lacks is missing.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="seed">The seed.</param>
    public static Frame Draw(ImmutableArray<ColumnSpec> columns, DatasetProfile profile, int rows, int seed)
    {
        var drawn = ImmutableArray.CreateBuilder<Column>(columns.Length);
        for (var c = 0; c < columns.Length; c++)
        {
            var order = Permutations.Of(rows, SplitMix.Hash((ulong)seed, (ulong)c));
            drawn.Add(DrawColumn(columns[c], profile.Find(columns[c].Name), [.. order.Select(i => (i + 0.5) / rows)]));
        }

        return new Frame(rows, drawn.MoveToImmutable());
    }

    private static Column DrawColumn(ColumnSpec spec, ColumnProfile? profile, double[] shares)
    {
        var seen = profile is { Count: > 0 } ? (double)profile.Count / (profile.Count + profile.Missing) : 0;
        // Of the shares, those up to the share of rows with a value become values, the others are missing.
        switch (spec.Kind)
        {
            case ColumnKind.Numeric or ColumnKind.DateTime:
                var known = profile is { } p && p.Quantiles.Length == ColumnProfile.QuantileShares.Length ? p.Quantiles : [];
                var whole = known.All(q => q == Math.Round(q));
                return new NumericColumn(spec.Name, [.. shares.Select(u => u >= seen || known.IsEmpty ? double.NaN : whole ? Math.Round(Quantile(known, u / seen)) : Quantile(known, u / seen))]);
            case ColumnKind.Boolean:
                var truths = Ends(spec.Levels is [_, _] ? spec.Levels : ["false", "true"], profile);
                return new NumericColumn(spec.Name, [.. shares.Select(u => u >= seen ? double.NaN : Level(truths, u / seen))]);
            case ColumnKind.Categorical when !spec.Levels.IsDefaultOrEmpty:
                var ends = Ends(spec.Levels, profile);
                return new CategoryColumn(spec.Name, [.. shares.Select(u => u >= seen ? CategoryColumn.Missing : Level(ends, u / seen))], spec.Levels);
            case ColumnKind.Categorical:
                return new CategoryColumn(spec.Name, [.. shares.Select(_ => CategoryColumn.Missing)], []);
            case ColumnKind.Image:
                return new ImageColumn(spec.Name, new byte[]?[shares.Length]);
            default:
                return new TextColumn(spec.Name, new string?[shares.Length]);
        }
    }

    private static double Quantile(ImmutableArray<double> known, double share)
    {
        var shares = ColumnProfile.QuantileShares;
        var i = 0;
        while (i < shares.Length - 2 && share > shares[i + 1])
            i++;
        return known[i] + (share - shares[i]) / (shares[i + 1] - shares[i]) * (known[i + 1] - known[i]);
    }

    /// <summary>Where each level's part of [0, 1] ends. The profile counts the most frequent levels; the others share the rest.</summary>
    private static double[] Ends(ImmutableArray<string> levels, ColumnProfile? profile)
    {
        var counts = (profile?.TopLevels ?? []).ToDictionary(l => l.Level, l => l.Count, StringComparer.Ordinal);
        var others = levels.Count(l => !counts.ContainsKey(l));
        var rest = others == 0 ? 0 : Math.Max(counts.Count == 0 ? 1 : 0, (double)((profile?.Count ?? 0) - counts.Values.Sum())) / others;
        var ends = new double[levels.Length];
        var sum = 0.0;
        for (var i = 0; i < ends.Length; i++)
            ends[i] = sum += counts.TryGetValue(levels[i], out var count) ? count : Math.Max(0, rest);
        for (var i = 0; i < ends.Length && sum > 0; i++)
            ends[i] /= sum;
        return ends;
    }

    private static int Level(double[] ends, double share)
    {
        for (var i = 0; i < ends.Length; i++)
            if (share < ends[i])
                return i;
        return ends.Length - 1;
    }
}
