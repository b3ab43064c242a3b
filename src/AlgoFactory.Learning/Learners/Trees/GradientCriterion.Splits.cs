using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <content>The search for a feature's best split; that of categories is in a file of its own.</content>
internal sealed partial class GradientCriterion
{
    [SkipLocalsInit]
    public void FindSplits(BinnedMatrix matrix, ReadOnlySpan<int> features, ReadOnlySpan<double> histogram, NodeView node, SplitCandidate best)
    {
        var sums = new PrefixSums(stackalloc double[PrefixSums.BufferLength]);
        for (var first = 0; first < features.Length; first += PrefixSums.Together)
        {
            var some = features[first..Math.Min(first + PrefixSums.Together, features.Length)];
            if (some.Length == PrefixSums.Together)
            {
                sums.Add(Bins(some[0], histogram), Bins(some[1], histogram), Bins(some[2], histogram), Bins(some[3], histogram));
            }
            else
            {
                for (var i = 0; i < some.Length; i++)
                    sums.Add(i, Bins(some[i], histogram));
            }

            for (var i = 0; i < some.Length; i++)
                FindSplit(matrix.Features[some[i]], some[i], Bins(some[i], histogram), new Prefix(sums.Gradients(i), sums.Hessians(i)), node, best);
        }

        ReadOnlySpan<double> Bins(int feature, ReadOnlySpan<double> histogram) =>
            histogram.Slice(2 * matrix.Features[feature].Offset, 2 * matrix.Features[feature].BinCount);
    }

    private void FindSplit(BinnedFeature feature, int index, ReadOnlySpan<double> bins, Prefix sums, NodeView node, SplitCandidate best)
    {
        var (gradient, hessian) = (sums.Gradients[feature.BinCount - 1], sums.Hessians[feature.BinCount - 1]);
        if (!(hessian > 0))
            return;
        var search = new Search(node.RowCount / hessian, gradient, hessian);
        var l2 = feature.IsCategorical ? CategoryL2(feature) : options.L2;
        if (_leaf.IsPlain)
        {
            var parent = new NewtonScore(options.L2).Gain(gradient, hessian);
            Find(feature, index, bins, sums, node, search, parent, new NewtonScore(l2), best);
        }
        else
        {
            var direction = options.Constraints?.Direction(feature.Source) ?? 0;
            var parent = _leaf.Gain(gradient, hessian, options.L2, node.Value);
            Find(feature, index, bins, sums, node, search, parent, new ValueScore(_leaf, l2, search.RowsPerHessian, node.Children, direction), best);
        }
    }

    /// <summary>What all splits of one feature share; right sums are these totals less the left ones, so that an empty side is exactly 0.</summary>
    private readonly record struct Search(double RowsPerHessian, double Gradient, double Hessian);

    /// <summary>What lies left of each cut of one feature.</summary>
    private readonly ref struct Prefix(Span<double> gradients, Span<double> hessians)
    {
        public readonly Span<double> Gradients = gradients;
        public readonly Span<double> Hessians = hessians;
    }

    private void Find<TScore>(
        BinnedFeature feature, int index, ReadOnlySpan<double> bins, Prefix sums, NodeView node, Search search, double parent, TScore score, SplitCandidate best)
        where TScore : struct, ISplitScore
    {
        if (feature.IsCategorical)
            FindCategorical(feature, index, bins, node, search, parent, score, best);
        else
            FindNumeric(feature, index, bins, sums, node, search, parent, score, best);
    }

    private void FindNumeric<TScore>(
        BinnedFeature feature, int index, ReadOnlySpan<double> bins, Prefix sums, NodeView node, Search search, double parent, TScore score, SplitCandidate best)
        where TScore : struct, ISplitScore
    {
        var gradients = sums.Gradients;
        var hessians = sums.Hessians;
        var last = feature.ValueBins - 1;
        // After the last value bin only "has a value or not" is left to ask, so there the missing rows cannot be left too.
        var cuts = feature.HasMissing ? last + 1 : last;
        var padded = (cuts + Vector256<double>.Count - 1) & -Vector256<double>.Count;
        // No cut stands there: no floor is low enough.
        gradients[cuts..padded].Clear();
        hessians[cuts..padded].Fill(double.NegativeInfinity);

        var (missingGradient, missingHessian) = feature.HasMissing ? (bins[^2], bins[^1]) : (0.0, 0.0);
        var found = new Finding
        {
            Floor = MinHessian(search),
            Bar = Math.Max(best.Gain, options.MinGain) + parent,
            Cut = -1,
        };
        if (options.RandomThresholds)
        {
            Try(RandomBin(bins, last, feature.Source, node), gradients, hessians);
        }
        else
        {
            for (var at = 0; at < padded; at += Vector256<double>.Count)
            {
                var (left, leftHessian) = (Vector256.Create<double>(gradients.Slice(at, 4)), Vector256.Create<double>(hessians.Slice(at, 4)));
                if (!score.MayBeat(left, leftHessian, search.Gradient, search.Hessian, found.Floor, found.Bar) &&
                    (missingHessian == 0 || !score.MayBeat(
                        left + Vector256.Create(missingGradient), leftHessian + Vector256.Create(missingHessian),
                        search.Gradient, search.Hessian, found.Floor, found.Bar)))
                    continue;
                for (var bin = at; bin < Math.Min(at + Vector256<double>.Count, cuts); bin++)
                    Try(bin, gradients, hessians);
            }
        }

        if (found.Cut < 0)
            return;
        best.Gain = found.Bar - parent;
        best.Feature = index;
        best.Bin = found.Cut;
        // Where training rows lacked no value, a missing one later goes with the heavier child.
        best.MissingLeft = missingHessian != 0 ? found.MissingLeft : found.Hessian >= search.Hessian - found.Hessian;
        Keep(best, found.Gradient, found.Hessian, search);

        void Try(int bin, Span<double> gradients, Span<double> hessians)
        {
            if (bin >= cuts)
                return;
            found.Consider(score, search, bin, false, gradients[bin], hessians[bin]);
            if (missingHessian != 0 && bin < last)
                found.Consider(score, search, bin, true, gradients[bin] + missingGradient, hessians[bin] + missingHessian);
        }
    }

    /// <summary>The best cut of one feature so far.</summary>
    private struct Finding
    {
        public double Floor;
        public double Bar;
        public int Cut;
        public bool MissingLeft;
        public double Gradient;
        public double Hessian;

        public void Consider<TScore>(TScore score, Search search, int cut, bool missingLeft, double left, double leftHessian)
            where TScore : struct, ISplitScore
        {
            var rightHessian = search.Hessian - leftHessian;
            if (!(leftHessian >= Floor) || !(rightHessian >= Floor))
                return;
            var gain = score.Gain(left, leftHessian, search.Gradient - left, rightHessian);
            if (!(gain > Bar))
                return;
            Bar = gain;
            (Cut, MissingLeft, Gradient, Hessian) = (cut, missingLeft, left, leftHessian);
        }
    }

    /// <summary>The second derivative that a child needs: both floors in one number, and never an empty child.</summary>
    private double MinHessian(Search search) =>
        Math.Max(options.MinChildWeight, (Math.Max(1, options.MinDataInLeaf) - 0.5) / search.RowsPerHessian);

    private static int RandomBin(ReadOnlySpan<double> bins, int last, int feature, NodeView node)
    {
        var low = 0;
        while (low < last && bins[2 * low + 1] <= 0)
            low++;
        var high = last;
        while (high > low && bins[2 * high + 1] <= 0)
            high--;
        var unit = SplitMix.Unit(SplitMix.Hash(node.TreeSeed, (ulong)node.Id, (ulong)feature));
        return low + (int)(unit * Math.Max(1, high - low));
    }

    private static void Keep(SplitCandidate best, double gradient, double hessian, Search search)
    {
        (best.Left[0], best.Left[1]) = (gradient, hessian);
        (best.Right[0], best.Right[1]) = (search.Gradient - gradient, search.Hessian - hessian);
    }
}
