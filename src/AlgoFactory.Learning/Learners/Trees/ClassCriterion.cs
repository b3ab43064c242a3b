using System.Numerics.Tensors;
using System.Runtime.Intrinsics;

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
    private const int MaxStackClasses = 64;

    public int Channels => classCount;

    public int Outputs => classCount;

    public double Cover(ReadOnlySpan<double> total) => Sum(total);

    public double Value(ReadOnlySpan<double> total, int rows, NodeLimits limits) => 0;

    public void Leaf(ReadOnlySpan<double> total, double value, Span<float> values)
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

    public void FindSplits(BinnedMatrix matrix, ReadOnlySpan<int> features, ReadOnlySpan<double> histogram, NodeView node, SplitCandidate best)
    {
        foreach (var index in features)
        {
            var feature = matrix.Features[index];
            FindSplit(feature, index, histogram.Slice(feature.Offset * classCount, feature.BinCount * classCount), node, best);
        }
    }

    private void FindSplit(BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, SplitCandidate best)
    {
        var all = classCount <= MaxStackClasses ? stackalloc double[classCount] : new double[classCount];
        all.Clear();
        for (var bin = 0; bin < feature.BinCount; bin++)
            TensorPrimitives.Add(all, bins.Slice(bin * classCount, classCount), all);
        var sum = Sum(all);
        if (!(sum > 0))
            return;
        Span<int> places = stackalloc int[BinMapper.MaxValueBins + 1];
        var order = feature.IsCategorical ? Categories(feature, bins, all, sum / node.RowCount, places) : Values(feature, places);
        var (first, end) = options.RandomThresholds ? RandomCut(feature, bins, order, node) : (0, order.Length);
        TryCuts(feature, index, bins, order[..end], first, [], all, sum, node.RowCount, best);
        if (feature.IsCategorical || !feature.HasMissing)
            return;
        // After the last value bin only "has a value or not" is left to ask, so there the missing rows cannot be left too.
        var missing = bins.Slice(feature.Mapper.MissingBin * classCount, classCount);
        if (Sum(missing) > 0)
            TryCuts(feature, index, bins, order[..Math.Min(end, feature.ValueBins - 1)], first, missing, all, sum, node.RowCount, best);
    }

    /// <summary>Tries to cut after each place of <paramref name="order"/> from <paramref name="first"/> on.</summary>
    private void TryCuts(
        BinnedFeature feature, int index, ReadOnlySpan<double> bins, ReadOnlySpan<int> order, int first, ReadOnlySpan<double> missing,
        ReadOnlySpan<double> all, double sum, int rows, SplitCandidate best)
    {
        var left = classCount <= MaxStackClasses ? stackalloc double[classCount] : new double[classCount];
        left.Clear();
        if (!missing.IsEmpty)
            missing.CopyTo(left);
        var parent = TensorPrimitives.SumOfSquares(all) / sum;
        var atLeast = Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) * sum / rows);
        var (taken, heavierLeft) = (-1, false);
        for (var i = 0; i < order.Length; i++)
        {
            var bin = bins.Slice(order[i] * classCount, classCount);
            // In deep nodes most bins are empty: a cut after one parts the rows as the cut before it did.
            if (i != first && !bin.ContainsAnyExcept(0.0))
                continue;
            TensorPrimitives.Add(left, bin, left);
            if (i < first)
                continue;
            var (leftSum, leftPurity, rightPurity) = Purities(left, all);
            if (leftSum < atLeast || sum - leftSum < atLeast)
                continue;
            var gain = leftPurity / leftSum + rightPurity / (sum - leftSum) - parent;
            if (!(gain > Math.Max(best.Gain, Math.Max(options.MinGain, 1e-9 * sum))))
                continue;
            best.Gain = gain;
            left.CopyTo(best.Left);
            (taken, heavierLeft) = (i, leftSum >= sum - leftSum);
        }

        if (taken < 0)
            return;
        TensorPrimitives.Subtract(all, best.Left, best.Right);
        best.Feature = index;
        best.Bin = order[taken];
        var holdsMissing = feature.HasMissing && Sum(bins.Slice(feature.Mapper.MissingBin * classCount, classCount)) > 0;
        // Where the node's rows lack no value, a missing one later goes with the heavier child.
        best.MissingLeft = holdsMissing ? !missing.IsEmpty : heavierLeft;
        if (!feature.IsCategorical)
            return;
        var set = default(CategorySet);
        foreach (var bin in order[..(taken + 1)])
            set.Add(bin);
        best.LeftBins = set;
    }

    /// <summary>The left weight, and the sums of squares on both sides.</summary>
    private static (double LeftSum, double LeftPurity, double RightPurity) Purities(ReadOnlySpan<double> left, ReadOnlySpan<double> all)
    {
        var (sums, lefts, rights) = (Vector256<double>.Zero, Vector256<double>.Zero, Vector256<double>.Zero);
        var k = 0;
        for (; k <= left.Length - Vector256<double>.Count; k += Vector256<double>.Count)
        {
            var part = Vector256.Create(left.Slice(k, Vector256<double>.Count));
            var rest = Vector256.Create(all.Slice(k, Vector256<double>.Count)) - part;
            sums += part;
            lefts += part * part;
            rights += rest * rest;
        }

        var (sum, leftPurity, rightPurity) = (Vector256.Sum(sums), Vector256.Sum(lefts), Vector256.Sum(rights));
        for (; k < left.Length; k++)
        {
            var rest = all[k] - left[k];
            sum += left[k];
            leftPurity += left[k] * left[k];
            rightPurity += rest * rest;
        }

        return (sum, leftPurity, rightPurity);
    }

    /// <summary>Numeric bins in their order; a cut after the last one asks for missing values alone.</summary>
    private static Span<int> Values(BinnedFeature feature, Span<int> places)
    {
        var cuts = feature.HasMissing ? feature.ValueBins : feature.ValueBins - 1;
        for (var i = 0; i < cuts; i++)
            places[i] = i;
        return places[..cuts];
    }

    /// <summary>
    /// The categories that have rows enough, by their share of the class that is most frequent in the node: for two classes
    /// the best of all subsets is a cut of that order (Breiman et al. 1984), for more it is an approximation, as the best one
    /// would need an order for each pair of groups of classes.
    /// </summary>
    private Span<int> Categories(BinnedFeature feature, ReadOnlySpan<double> bins, ReadOnlySpan<double> all, double weightOfRow, Span<int> places)
    {
        Span<double> keys = stackalloc double[BinMapper.MaxValueBins + 1];
        var main = TensorPrimitives.IndexOfMax(all);
        var used = 0;
        for (var bin = 0; bin < feature.BinCount; bin++)
        {
            var ofBin = bins.Slice(bin * classCount, classCount);
            var sum = Sum(ofBin);
            if (sum < weightOfRow * Math.Max(0.5, options.MinDataPerGroup - 0.5))
                continue;
            places[used] = bin;
            keys[used++] = ofBin[main] / sum;
        }

        CategoryOrder.Sort(keys[..used], places[..used]);
        return places[..used];
    }

    /// <summary>One cut at a random place between the first and the last that hold rows (Geurts et al. 2006).</summary>
    private (int First, int End) RandomCut(BinnedFeature feature, ReadOnlySpan<double> bins, ReadOnlySpan<int> order, NodeView node)
    {
        // The last value bin is no place to cut but bounds the draw.
        var (first, last) = (0, (feature.IsCategorical ? order.Length : feature.ValueBins) - 1);
        while (first < last && !(Sum(OfPlace(first, bins, order)) > 0))
            first++;
        while (last > first && !(Sum(OfPlace(last, bins, order)) > 0))
            last--;
        var at = first + (int)(SplitMix.Unit(SplitMix.Hash(node.TreeSeed, (ulong)node.Id, (ulong)feature.Source)) * Math.Max(1, last - first));
        return (at, Math.Min(at + 1, order.Length));

        ReadOnlySpan<double> OfPlace(int place, ReadOnlySpan<double> bins, ReadOnlySpan<int> order) =>
            bins.Slice((feature.IsCategorical ? order[place] : place) * classCount, classCount);
    }

    private static double Sum(ReadOnlySpan<double> values) => TensorPrimitives.Sum(values);
}
