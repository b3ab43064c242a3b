using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The twin of <see cref="ClassCriterion"/>: the classes on both sides of every candidate are counted anew.</summary>
internal sealed class NaiveClassSplits(int[] classes, float[] weights, int classCount, GrowthOptions options) : INaiveSplits
{
    public double Value(List<int> rows, double parent, double lower, double upper) => 0;

    /// <summary>The share of each class.</summary>
    public float[] Shares(List<int> rows)
    {
        var sums = Sums(rows);
        return Array.ConvertAll(sums, s => (float)(s / sums.Sum()));
    }

    public NaiveSplit? Best(BinnedMatrix matrix, int index, NaiveGrower.Node node, ulong seed, NaiveSplit? best)
    {
        var feature = matrix.Features[index];
        var all = Sums(node.Rows);
        var sum = all.Sum();
        if (sum <= 0)
            return best;
        var ofBin = node.Rows.GroupBy(r => matrix.Bin(feature, r)).ToDictionary(g => g.Key, g => g.ToList());
        var missingBin = feature.Mapper.MissingBin;
        var missing = ofBin.TryGetValue(missingBin, out var lacking) && Sums(lacking).Sum() > 0;
        var atLeast = Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) * sum / node.Rows.Count);
        foreach (var bins in feature.IsCategorical ? CategoryCandidates() : NumericCandidates())
        {
            List<int> rows = [.. bins.SelectMany(b => ofBin.GetValueOrDefault(b, []))];
            var left = Sums(rows);
            var right = all.Zip(left, (a, l) => a - l).ToArray();
            var leftSum = left.Sum();
            if (leftSum < atLeast || sum - leftSum < atLeast)
                continue;
            var gain = Purity(left) / leftSum + Purity(right) / (sum - leftSum) - Purity(all) / sum;
            if (!(gain > Math.Max(best?.Gain ?? double.NegativeInfinity, Math.Max(options.MinGain, 1e-9 * sum))))
                continue;
            if (!feature.IsCategorical && !missing && leftSum >= sum - leftSum)
                bins.Add(missingBin);
            best = new NaiveSplit(gain, index, bins);
        }

        return best;

        IEnumerable<HashSet<int>> NumericCandidates()
        {
            int[] held = [.. Enumerable.Range(0, feature.ValueBins).Where(b => Weight(b) > 0).DefaultIfEmpty(feature.ValueBins - 1)];
            var chosen = held[0] + (int)(Unit() * Math.Max(1, held[^1] - held[0]));
            var last = feature.ValueBins - 1;
            int[] cuts = [.. Enumerable.Range(0, last + 1).Where(b => !options.RandomThresholds || b == chosen)];
            return cuts.Where(b => b < last || feature.HasMissing).Select(b => Enumerable.Range(0, b + 1).ToHashSet())
                .Concat(cuts.Where(b => b < last && missing).Select(b => Enumerable.Range(0, b + 1).Append(missingBin).ToHashSet()));
        }

        IEnumerable<HashSet<int>> CategoryCandidates()
        {
            var main = Array.IndexOf(all, all.Max());
            int[] order = [.. Enumerable.Range(0, feature.BinCount)
                .Where(b => Weight(b) >= sum / node.Rows.Count * Math.Max(0.5, options.MinDataPerGroup - 0.5))
                .OrderBy(b => Sums(ofBin[b])[main] / Weight(b)).ThenBy(b => b)];
            var chosen = (int)(Unit() * Math.Max(1, order.Length - 1));
            return Enumerable.Range(0, order.Length).Where(i => !options.RandomThresholds || i == chosen).Select(i => order[..(i + 1)].ToHashSet());
        }

        double Weight(int bin) => ofBin.TryGetValue(bin, out var rows) ? Sums(rows).Sum() : 0;

        double Unit() => SplitMix.Unit(SplitMix.Hash(seed, (ulong)node.Id, (ulong)feature.Source));
    }

    private static double Purity(double[] sums) => sums.Sum(s => s * s);

    private double[] Sums(List<int> rows)
    {
        var sums = new double[classCount];
        foreach (var row in rows)
            sums[classes[row]] += weights[row];
        return sums;
    }
}
