namespace AlgoFactory.Learning.Learners.Trees;

/// <content>The search for a feature's best split.</content>
internal sealed partial class GradientCriterion
{
    public void FindSplit(BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, SplitCandidate best)
    {
        var (gradient, hessian) = (0.0, 0.0);
        for (var i = 0; i < bins.Length; i += 2)
        {
            gradient += bins[i];
            hessian += bins[i + 1];
        }

        if (!(hessian > 0))
            return;
        var search = new Search(node.RowCount / hessian, gradient, hessian);
        if (feature.IsCategorical)
            FindCategorical(feature, index, bins, node, search, best);
        else
            FindNumeric(feature, index, bins, node, search, best);
    }

    /// <summary>What all splits of one feature share; right sums are these totals less the left ones, so that an empty side is exactly 0.</summary>
    private readonly record struct Search(double RowsPerHessian, double Gradient, double Hessian);

    private void FindNumeric(BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, Search search, SplitCandidate best)
    {
        var parent = Gain(search.Gradient, search.Hessian, options.L2);
        var atLeast = MinHessian(search);
        var last = feature.ValueBins - 1;
        var only = options.RandomThresholds ? RandomBin(bins, last, feature.Source, node) : -1;
        var (missingGradient, missingHessian) = feature.HasMissing ? (bins[^2], bins[^1]) : (0.0, 0.0);
        var (gradient, hessian) = (0.0, 0.0);
        var bar = Math.Max(best.Gain, options.MinGain) + parent;
        var (found, foundBin, foundMissingLeft) = (false, 0, false);
        var (foundGradient, foundHessian) = (0.0, 0.0);

        // After the last value bin only "has a value or not" is left to ask, so there the missing rows cannot be left too.
        for (var bin = 0; bin < (feature.HasMissing ? last + 1 : last); bin++)
        {
            gradient += bins[2 * bin];
            hessian += bins[2 * bin + 1];
            if (only >= 0 && bin != only)
                continue;
            Consider(bin, false, gradient, hessian);
            if (missingHessian != 0 && bin < last)
                Consider(bin, true, gradient + missingGradient, hessian + missingHessian);
        }

        if (!found)
            return;
        best.Gain = bar - parent;
        best.Feature = index;
        best.Bin = foundBin;
        // Where training rows lacked no value, a missing one later goes with the heavier child.
        best.MissingLeft = missingHessian != 0 ? foundMissingLeft : foundHessian >= search.Hessian - foundHessian;
        Keep(best, foundGradient, foundHessian, search);

        void Consider(int bin, bool missingLeft, double left, double leftHessian)
        {
            var rightHessian = search.Hessian - leftHessian;
            if (leftHessian < atLeast || rightHessian < atLeast)
                return;
            var gain = Gain(left, leftHessian, options.L2) + Gain(search.Gradient - left, rightHessian, options.L2);
            if (!(gain > bar))
                return;
            bar = gain;
            (found, foundBin, foundMissingLeft) = (true, bin, missingLeft);
            (foundGradient, foundHessian) = (left, leftHessian);
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

    /// <summary>
    /// A few categories: each against all others. More: sorted by smoothed gradient statistics and cut along that order from
    /// both ends (Fisher 1958; smoothing and caps as in LightGBM's feature_histogram.hpp).
    /// </summary>
    private void FindCategorical(BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, Search search, SplitCandidate best)
    {
        Span<int> order = stackalloc int[BinMapper.MaxValueBins + 1];
        Span<double> keys = stackalloc double[BinMapper.MaxValueBins + 1];
        var oneHot = feature.BinCount <= options.MaxCatToOneHot;
        var l2 = options.L2 + (oneHot ? 0 : options.CatL2);
        var used = 0;
        for (var bin = 0; bin < feature.BinCount; bin++)
        {
            var hessian = bins[2 * bin + 1];
            var rows = hessian * search.RowsPerHessian;
            if (rows < 0.5 || (!oneHot && rows < options.MinDataPerGroup))
                continue;
            order[used] = bin;
            keys[used++] = bins[2 * bin] / (hessian + options.CatSmooth);
        }

        order = order[..used];
        if (oneHot)
        {
            foreach (var bin in order)
                Scan(order.Slice(order.IndexOf(bin), 1), false, bins, search, l2, index, best);
            return;
        }

        keys[..used].Sort(order);
        var cap = Math.Min(options.MaxCatThreshold, used);
        if (options.RandomThresholds && used > 1)
        {
            var unit = SplitMix.Unit(SplitMix.Hash(node.TreeSeed, (ulong)node.Id, (ulong)feature.Source));
            Scan(order[..(1 + (int)(unit * (used - 1)))], true, bins, search, l2, index, best);
            return;
        }

        Scan(order[..cap], false, bins, search, l2, index, best);
        order.Reverse();
        Scan(order[..cap], false, bins, search, l2, index, best);
    }

    /// <summary>Moves the categories to the left one after the other; with <paramref name="onlyAll"/> only the whole list counts.</summary>
    private void Scan(ReadOnlySpan<int> order, bool onlyAll, ReadOnlySpan<double> bins, Search search, double l2, int index, SplitCandidate best)
    {
        var parent = Gain(search.Gradient, search.Hessian, options.L2);
        var atLeast = MinHessian(search);
        var (gradient, hessian, taken) = (0.0, 0.0, 0);
        for (var i = 0; i < order.Length; i++)
        {
            gradient += bins[2 * order[i]];
            hessian += bins[2 * order[i] + 1];
            var right = search.Hessian - hessian;
            if (hessian < atLeast || (onlyAll && i < order.Length - 1))
                continue;
            if (right < atLeast)
                break;
            var gain = Gain(gradient, hessian, l2) + Gain(search.Gradient - gradient, right, l2) - parent;
            if (!(gain > Math.Max(best.Gain, options.MinGain)))
                continue;
            best.Gain = gain;
            best.Feature = index;
            taken = i + 1;
            Keep(best, gradient, hessian, search);
        }

        if (taken == 0)
            return;
        var set = default(CategorySet);
        for (var i = 0; i < taken; i++)
            set.Add(order[i]);
        best.LeftBins = set;
    }
}
