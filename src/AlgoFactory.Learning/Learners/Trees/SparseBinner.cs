using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Bins the sparse columns that occur in the most rows, without making them dense: only bins other than the bin of 0 are
/// stored. Histograms get the bin of 0 as what is left of the node's total.
/// </summary>
internal static class SparseBinner
{
    /// <summary>Adds the chosen columns to <paramref name="features"/> and returns the rows' bins (CSR).</summary>
    public static (int[] Starts, int[] Bins) Bin(
        SparseBlock sparse, int firstSource, ReadOnlySpan<float> weights, ImmutableArray<BinnedFeature>.Builder features,
        int offset, int maxBins, BinningOptions options)
    {
        var slots = Choose(sparse, options, out var chosen);
        var values = Collect(sparse, weights, slots, chosen.Length, out var total);
        var featureOf = new BinnedFeature?[chosen.Length];
        for (var slot = 0; slot < chosen.Length; slot++)
        {
            var mapper = BinMapper.Numeric(Bounds(values[slot], total, maxBins, out var missing));
            var feature = new BinnedFeature(firstSource + chosen[slot], -1, mapper, offset, missing, mapper.Bin(0));
            if (feature.BinCount < 2)
                continue;
            features.Add(feature);
            featureOf[slot] = feature;
            offset += feature.BinCount;
        }

        var starts = new int[sparse.RowCount + 1];
        var bins = new List<int>();
        for (var row = 0; row < sparse.RowCount; row++)
        {
            var indices = sparse.Indices(row);
            var rowValues = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
            {
                if (slots[indices[i]] < 0 || featureOf[slots[indices[i]]] is not { } feature)
                    continue;
                var bin = feature.Mapper.Bin(rowValues[i]);
                if (bin != feature.ZeroBin)
                    bins.Add(feature.Offset + bin);
            }

            starts[row + 1] = bins.Count;
        }

        return (starts, [.. bins]);
    }

    private static int[] Choose(SparseBlock sparse, BinningOptions options, out int[] chosen)
    {
        var counts = new int[sparse.Width];
        for (var row = 0; row < sparse.RowCount; row++)
            foreach (var index in sparse.Indices(row))
                counts[index]++;
        chosen = [.. Enumerable.Range(0, sparse.Width)
            .Where(c => counts[c] >= options.MinSparseRows)
            .OrderByDescending(c => counts[c]).ThenBy(c => c)
            .Take(options.MaxSparseFeatures)
            .Order()];
        var slots = new int[sparse.Width];
        Array.Fill(slots, -1);
        for (var slot = 0; slot < chosen.Length; slot++)
            slots[chosen[slot]] = slot;
        return slots;
    }

    private static List<(float Value, float Weight)>[] Collect(SparseBlock sparse, ReadOnlySpan<float> weights, int[] slots, int count, out double total)
    {
        var values = new List<(float, float)>[count];
        for (var slot = 0; slot < count; slot++)
            values[slot] = [];
        total = 0;
        for (var row = 0; row < sparse.RowCount; row++)
        {
            var weight = weights.IsEmpty ? 1 : weights[row];
            total += weight;
            var indices = sparse.Indices(row);
            var rowValues = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
                if (slots[indices[i]] >= 0)
                    values[slots[indices[i]]].Add((rowValues[i], weight));
        }

        return values;
    }

    private static float[] Bounds(List<(float Value, float Weight)> stored, double total, int maxBins, out bool missing)
    {
        missing = stored.Exists(s => float.IsNaN(s.Value));
        var present = stored.Where(s => !float.IsNaN(s.Value)).OrderBy(s => s.Value).ToList();
        var zero = total - stored.Sum(s => (double)s.Weight);
        var (values, sums) = BinBounds.Distinct(
            present.ConvertAll(s => s.Value).ToArray(), present.ConvertAll(s => s.Weight).ToArray());
        var at = Array.BinarySearch(values, 0f);
        if (at >= 0)
        {
            sums[at] += zero;
            return BinBounds.Find(values, sums, maxBins);
        }

        at = ~at;
        return BinBounds.Find([.. values[..at], 0f, .. values[at..]], [.. sums[..at], Math.Max(zero, 0), .. sums[at..]], maxBins);
    }
}
