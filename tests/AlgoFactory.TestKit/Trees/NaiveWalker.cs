using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The plain twin of <see cref="LeafFinder"/>: one row, one node after the other.</summary>
internal sealed class NaiveWalker
{
    private readonly BinnedMatrix _training;
    private readonly Dictionary<int, BinnedFeature> _features;

    public NaiveWalker(BinnedMatrix training)
    {
        _training = training;
        _features = training.Features.ToDictionary(f => f.Source);
    }

    /// <summary>The number of the leaf that a training row ends in, told by its bins.</summary>
    public int Leaf(Tree tree, int row)
    {
        var n = 0;
        while (tree.Child[n] >= 0)
        {
            var feature = _features[tree.Feature[n]];
            var bin = _training.Bin(feature, row);
            bool left;
            if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
                left = tree.Sets[(int)tree.Threshold[n]][bin];
            else if (bin == feature.Mapper.MissingBin)
                left = (tree.Flags[n] & NodeFlags.MissingLeft) != 0;
            else
                left = feature.Mapper.UpperBound(bin) <= tree.Threshold[n];
            n = tree.Child[n] + (left ? 0 : 1);
        }

        return ~tree.Child[n];
    }

    /// <summary>The number of the leaf that a row of a batch ends in: exactly as the finished model finds it.</summary>
    public int Leaf(Tree tree, FeatureBatch batch, int row)
    {
        var n = 0;
        while (tree.Child[n] >= 0)
        {
            var value = Value(batch, row, tree.Feature[n]);
            bool left;
            if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
                left = tree.Sets[(int)tree.Threshold[n]][_features[tree.Feature[n]].Mapper.Bin(value)];
            else
                left = value <= tree.Threshold[n] || (float.IsNaN(value) && (tree.Flags[n] & NodeFlags.MissingLeft) != 0);
            n = tree.Child[n] + (left ? 0 : 1);
        }

        return ~tree.Child[n];
    }

    private static float Value(FeatureBatch batch, int row, int feature)
    {
        if (feature < batch.DenseWidth)
            return batch.Dense[row * batch.DenseWidth + feature];
        var at = batch.Sparse!.Indices(row).BinarySearch(feature - batch.DenseWidth);
        return at < 0 ? 0 : batch.Sparse.Values(row)[at];
    }
}
