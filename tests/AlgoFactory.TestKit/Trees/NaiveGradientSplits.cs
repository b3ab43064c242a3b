using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The twin of <see cref="GradientCriterion"/>: every candidate's sums are taken over the node's rows anew.</summary>
internal sealed class NaiveGradientSplits(GradientPair[] pairs, GrowthOptions options) : INaiveSplits
{
    private bool Plain => options is { L1: 0, MaxDeltaStep: 0, PathSmooth: 0 } && options.Constraints is not { HasMonotone: true };

    public double Value(List<int> rows, double parent, double lower, double upper)
    {
        var (gradient, hessian) = Sums(rows);
        return Value(gradient, hessian, options.L2, rows.Count, parent, lower, upper);
    }

    public NaiveSplit? Best(BinnedMatrix matrix, int index, NaiveGrower.Node node, ulong seed, NaiveSplit? best)
    {
        var feature = matrix.Features[index];
        var (gradient, hessian) = Sums(node.Rows);
        if (hessian <= 0)
            return best;
        var ofBin = node.Rows.GroupBy(r => matrix.Bin(feature, r)).ToDictionary(g => g.Key, g => g.ToList());
        var direction = options.Constraints?.Direction(feature.Source) ?? 0;
        var oneHot = feature.BinCount <= options.MaxCatToOneHot;
        var l2 = options.L2 + (feature.IsCategorical && !oneHot ? options.CatL2 : 0);
        var parent = Plain ? gradient * gradient / (hessian + options.L2) : Worth(gradient, hessian, options.L2, node.Value);
        var rowsPerHessian = node.Rows.Count / hessian;
        var atLeast = Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) / rowsPerHessian);
        foreach (var bins in feature.IsCategorical ? CategoryCandidates() : NumericCandidates())
        {
            var (left, leftHessian) = Sums([.. bins.SelectMany(b => ofBin.GetValueOrDefault(b, []))]);
            var (right, rightHessian) = (gradient - left, hessian - leftHessian);
            if (!(leftHessian >= atLeast) || !(rightHessian >= atLeast))
                continue;
            double gain;
            if (Plain)
            {
                gain = left * left / (leftHessian + l2) + right * right / (rightHessian + l2);
            }
            else
            {
                var a = Value(left, leftHessian, l2, leftHessian * rowsPerHessian, node.Value, node.Lower, node.Upper);
                var b = Value(right, rightHessian, l2, rightHessian * rowsPerHessian, node.Value, node.Lower, node.Upper);
                if ((direction > 0 && a > b) || (direction < 0 && a < b))
                    continue;
                gain = Worth(left, leftHessian, l2, a) + Worth(right, rightHessian, l2, b);
            }

            if (gain > Math.Max(best?.Gain ?? double.NegativeInfinity, options.MinGain) + parent)
                best = new NaiveSplit(gain - parent, index, WithMissing(bins, leftHessian >= rightHessian));
        }

        return best;

        IEnumerable<HashSet<int>> NumericCandidates()
        {
            var missing = ofBin.ContainsKey(feature.Mapper.MissingBin);
            var chosen = options.RandomThresholds ? RandomBin() : -1;
            for (var bin = 0; bin < feature.ValueBins; bin++)
            {
                HashSet<int> upTo = [.. Enumerable.Range(0, bin + 1)];
                if (chosen >= 0 && bin != chosen)
                    continue;
                if (bin < feature.ValueBins - 1 || feature.HasMissing)
                    yield return upTo;
                if (bin < feature.ValueBins - 1 && missing)
                    yield return [.. upTo, feature.Mapper.MissingBin];
            }
        }

        int RandomBin()
        {
            int[] held = [.. Enumerable.Range(0, feature.ValueBins).Where(ofBin.ContainsKey).DefaultIfEmpty(feature.ValueBins - 1)];
            return held[0] + (int)(Unit() * Math.Max(1, held[^1] - held[0]));
        }

        IEnumerable<HashSet<int>> CategoryCandidates()
        {
            int[] order = [.. Enumerable.Range(0, feature.BinCount).Where(Counts)
                .OrderBy(b => Sums(ofBin[b]).Gradient / (Sums(ofBin[b]).Hessian + options.CatSmooth)).ThenBy(b => b)];
            if (oneHot)
                return order.Order().Select(b => new HashSet<int> { b });
            if (options.RandomThresholds && order.Length > 1)
                return [[.. order[..(1 + (int)(Unit() * (order.Length - 1)))]]];
            var cap = Math.Min(options.MaxCatThreshold, order.Length);
            var sizes = Enumerable.Range(1, cap);
            return [.. sizes.Select(n => order[..n].ToHashSet()), .. sizes.Select(n => order[^n..].ToHashSet())];
        }

        bool Counts(int bin)
        {
            var rows = ofBin.TryGetValue(bin, out var of) ? Sums(of).Hessian * rowsPerHessian : 0;
            return rows >= 0.5 && (oneHot || rows >= options.MinDataPerGroup);
        }

        double Unit() => SplitMix.Unit(SplitMix.Hash(seed, (ulong)node.Id, (ulong)feature.Source));

        // Where the node's rows lack no value, a missing one goes with the heavier child.
        HashSet<int> WithMissing(HashSet<int> bins, bool heavier)
        {
            if (!feature.IsCategorical && heavier && !ofBin.ContainsKey(feature.Mapper.MissingBin))
                bins.Add(feature.Mapper.MissingBin);
            return bins;
        }
    }

    private double Value(double gradient, double hessian, double l2, double rows, double parent, double lower, double upper)
    {
        var value = hessian + l2 > 0 ? -Threshold(gradient) / (hessian + l2) : 0;
        if (options.MaxDeltaStep > 0)
            value = Math.Clamp(value, -options.MaxDeltaStep, options.MaxDeltaStep);
        if (options.PathSmooth > 0)
            value = (value * rows + parent * options.PathSmooth) / (rows + options.PathSmooth);
        return Math.Min(Math.Max(value, lower), upper);
    }

    private double Worth(double gradient, double hessian, double l2, double value) => -(2 * Threshold(gradient) + (hessian + l2) * value) * value;

    private double Threshold(double gradient) =>
        gradient > options.L1 ? gradient - options.L1 : gradient < -options.L1 ? gradient + options.L1 : 0;

    private (double Gradient, double Hessian) Sums(List<int> rows) =>
        (rows.Sum(r => (double)pairs[r].Gradient), rows.Sum(r => (double)pairs[r].Hessian));
}
