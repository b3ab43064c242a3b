namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Growth by Gini impurity (Breiman 2001) for several classes: one weight a class and bin, so that a row costs a single
/// addition a feature; leaves hold class probabilities.
/// </summary>
/// <param name="classes">The class of each row.</param>
/// <param name="weights">The weight of each row.</param>
/// <param name="classCount">Classes.</param>
/// <param name="options">Floors, and whether thresholds are random.</param>
internal sealed class ClassCriterion(int[] classes, float[] weights, int classCount, GrowthOptions options) : ITreeCriterion
{
    public int Channels => classCount;

    public int Outputs => classCount;

    public double Cover(ReadOnlySpan<double> total) => Sum(total);

    public void Leaf(ReadOnlySpan<double> total, Span<float> values)
    {
        var sum = Sum(total);
        for (var k = 0; k < values.Length; k++)
            values[k] = sum > 0 ? (float)Math.Max(0, total[k] / sum) : 1f / classCount;
    }

    public void Total(ReadOnlySpan<int> rows, Span<double> total)
    {
        total.Clear();
        foreach (var row in rows)
            total[classes[row]] += weights[row];
    }

    public unsafe void Accumulate(BinnedMatrix matrix, int[]? columns, ReadOnlySpan<int> rows, Span<float> sums)
    {
        fixed (byte* codes = &matrix.Codes[matrix.First])
        fixed (int* offsets = matrix.ColumnOffsets)
        fixed (float* target = sums)
        {
            foreach (var row in rows)
            {
                var code = codes + (long)row * matrix.Stride;
                var weight = weights[row];
                var ofClass = target + classes[row];
                if (columns is null)
                {
                    for (var f = 0; f < matrix.Columns; f++)
                        ofClass[(offsets[f] + code[f]) * classCount] += weight;
                }
                else
                {
                    foreach (var f in columns)
                        ofClass[(offsets[f] + code[f]) * classCount] += weight;
                }

                if (matrix.HasSparse)
                {
                    for (var at = matrix.SparseStarts![row]; at < matrix.SparseStarts[row + 1]; at++)
                        ofClass[(matrix.SparseBins![at] + matrix.SparseShift) * classCount] += weight;
                }
            }
        }
    }

    public void FindSplit(BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, SplitCandidate best)
    {
        var all = new double[classCount];
        for (var bin = 0; bin < feature.BinCount; bin++)
            AddTo(all, bins.Slice(bin * classCount, classCount));
        var sum = Sum(all);
        if (!(sum > 0))
            return;
        var order = Order(feature, bins);
        var missing = feature is { HasMissing: true, IsCategorical: false } ? bins.Slice(feature.Mapper.MissingBin * classCount, classCount) : [];
        var cuts = Cut(feature, bins, order, node);
        var (low, high) = (cuts.Low, cuts.High);
        TryCuts(feature, index, bins, order, [], all, sum, low, high, node.RowCount, best);
        if (missing.Length > 0 && Sum(missing) > 0)
            TryCuts(feature, index, bins, order, missing, all, sum, low, Math.Min(high, feature.ValueBins - 1), node.RowCount, best);
    }

    private void TryCuts(
        BinnedFeature feature, int index, ReadOnlySpan<double> bins, int[] order, ReadOnlySpan<double> missing, double[] all, double sum,
        int low, int high, int rows, SplitCandidate best)
    {
        var left = new double[classCount];
        if (!missing.IsEmpty)
            AddTo(left, missing);
        var parent = Purity(all) / sum;
        var atLeast = Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) * sum / rows);
        var taken = -1;
        for (var i = 0; i < high; i++)
        {
            AddTo(left, bins.Slice(order[i] * classCount, classCount));
            if (i < low)
                continue;
            var (leftSum, leftPurity, rightPurity) = (0.0, 0.0, 0.0);
            for (var k = 0; k < left.Length; k++)
            {
                var right = all[k] - left[k];
                leftSum += left[k];
                leftPurity += left[k] * left[k];
                rightPurity += right * right;
            }

            if (leftSum < atLeast || sum - leftSum < atLeast)
                continue;
            var gain = leftPurity / leftSum + rightPurity / (sum - leftSum) - parent;
            if (!(gain > Math.Max(best.Gain, Math.Max(options.MinGain, 1e-9 * sum))))
                continue;
            best.Gain = gain;
            best.Feature = index;
            best.Bin = i;
            best.MissingLeft = missing.IsEmpty ? !feature.HasMissing && leftSum >= sum - leftSum : true;
            left.CopyTo(best.Left, 0);
            for (var k = 0; k < left.Length; k++)
                best.Right[k] = all[k] - left[k];
            taken = i + 1;
        }

        if (taken < 0 || !feature.IsCategorical)
            return;
        var set = default(CategorySet);
        for (var i = 0; i < taken; i++)
            set.Add(order[i]);
        best.LeftBins = set;
    }

    /// <summary>
    /// Numeric bins in their order. Categories by the share of the node's two most different classes would need K orders; the
    /// first principal direction is approximated by the class that is most frequent in the node.
    /// </summary>
    private int[] Order(BinnedFeature feature, ReadOnlySpan<double> bins)
    {
        var order = new int[feature.BinCount];
        for (var i = 0; i < order.Length; i++)
            order[i] = i;
        if (!feature.IsCategorical)
            return order;
        var all = new double[classCount];
        for (var bin = 0; bin < feature.BinCount; bin++)
            AddTo(all, bins.Slice(bin * classCount, classCount));
        var main = Array.IndexOf(all, all.Max());
        var keys = new double[order.Length];
        for (var bin = 0; bin < keys.Length; bin++)
        {
            var ofBin = bins.Slice(bin * classCount, classCount);
            var sum = Sum(ofBin);
            keys[bin] = sum > 0 ? ofBin[main] / sum : 2;
        }

        Array.Sort(keys, order);
        return order;
    }

    /// <summary>The cuts to try: after place Low up to before place High; one of them where thresholds are random.</summary>
    private (int Low, int High) Cut(BinnedFeature feature, ReadOnlySpan<double> bins, int[] order, NodeView node)
    {
        var places = feature.IsCategorical ? feature.BinCount - 1 : feature.BinCount - 1;
        if (!options.RandomThresholds)
            return (0, places);
        var (first, last) = (0, Math.Max(0, (feature.IsCategorical ? feature.BinCount : feature.ValueBins) - 1));
        while (first < last && Sum(bins.Slice(order[first] * classCount, classCount)) <= 0)
            first++;
        while (last > first && Sum(bins.Slice(order[last] * classCount, classCount)) <= 0)
            last--;
        var at = first + (int)(SplitMix.Unit(SplitMix.Hash(node.TreeSeed, (ulong)node.Id, (ulong)feature.Source)) * Math.Max(1, last - first));
        return (at, at + 1);
    }

    private static double Purity(ReadOnlySpan<double> sums)
    {
        var purity = 0.0;
        foreach (var sum in sums)
            purity += sum * sum;
        return purity;
    }

    private static double Sum(ReadOnlySpan<double> values)
    {
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }

    private static void AddTo(Span<double> sums, ReadOnlySpan<double> values)
    {
        for (var k = 0; k < sums.Length; k++)
            sums[k] += values[k];
    }
}
