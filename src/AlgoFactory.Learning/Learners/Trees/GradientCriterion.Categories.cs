namespace AlgoFactory.Learning.Learners.Trees;

/// <content>Splits of categories.</content>
internal sealed partial class GradientCriterion
{
    /// <summary>
    /// A few categories: each against all others. More: sorted by smoothed gradient statistics and cut along that order from
    /// both ends (Fisher 1958; smoothing and caps as in LightGBM's feature_histogram.hpp).
    /// </summary>
    private void FindCategorical<TScore>(
        BinnedFeature feature, int index, ReadOnlySpan<double> bins, NodeView node, Search search, double parent, TScore score, SplitCandidate best)
        where TScore : struct, ISplitScore
    {
        Span<int> order = stackalloc int[BinMapper.MaxValueBins + 1];
        Span<double> keys = stackalloc double[BinMapper.MaxValueBins + 1];
        var oneHot = SplitsOff(feature);
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
            for (var i = 0; i < used; i++)
                Scan(order.Slice(i, 1), false, bins, search, parent, score, index, best);
            return;
        }

        CategoryOrder.Sort(keys[..used], order);
        if (options.RandomThresholds && used > 1)
        {
            var unit = SplitMix.Unit(SplitMix.Hash(node.TreeSeed, (ulong)node.Id, (ulong)feature.Source));
            Scan(order[..(1 + (int)(unit * (used - 1)))], true, bins, search, parent, score, index, best);
            return;
        }

        var cap = Math.Min(options.MaxCatThreshold, used);
        Scan(order[..cap], false, bins, search, parent, score, index, best);
        order.Reverse();
        Scan(order[..cap], false, bins, search, parent, score, index, best);
    }

    private bool SplitsOff(BinnedFeature feature) => feature.BinCount <= options.MaxCatToOneHot;

    private double CategoryL2(BinnedFeature feature) => options.L2 + (SplitsOff(feature) ? 0 : options.CatL2);

    /// <summary>Moves the categories to the left one after the other; with <paramref name="onlyAll"/> only the whole list counts.</summary>
    private void Scan<TScore>(
        ReadOnlySpan<int> order, bool onlyAll, ReadOnlySpan<double> bins, Search search, double parent, TScore score, int index, SplitCandidate best)
        where TScore : struct, ISplitScore
    {
        var found = new Finding { Floor = MinHessian(search), Bar = Math.Max(best.Gain, options.MinGain) + parent, Cut = -1 };
        var (gradient, hessian) = (0.0, 0.0);
        for (var i = 0; i < order.Length; i++)
        {
            gradient += bins[2 * order[i]];
            hessian += bins[2 * order[i] + 1];
            if (!onlyAll || i == order.Length - 1)
                found.Consider(score, search, i, false, gradient, hessian);
        }

        if (found.Cut < 0)
            return;
        best.Gain = found.Bar - parent;
        best.Feature = index;
        Keep(best, found.Gradient, found.Hessian, search);
        var set = default(CategorySet);
        foreach (var bin in order[..(found.Cut + 1)])
            set.Add(bin);
        best.LeftBins = set;
    }
}
