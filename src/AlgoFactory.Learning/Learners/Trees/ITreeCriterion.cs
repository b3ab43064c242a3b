namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What a tree is grown by: the sums kept for each bin, the gain of a split and the value of a leaf. A histogram holds
/// <see cref="Channels"/> sums a bin, side by side.
/// </summary>
internal interface ITreeCriterion
{
    /// <summary>Sums a bin.</summary>
    int Channels { get; }

    /// <summary>Values a leaf.</summary>
    int Outputs { get; }

    /// <summary>Adds the given rows to a histogram of single-precision sums; at most <see cref="HistogramBuilder.BlockRows"/> rows at a time.</summary>
    /// <param name="matrix">The bins.</param>
    /// <param name="columns">The dense columns to add; null: all.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="sums"><see cref="BinnedMatrix.AddedBins"/> × channels.</param>
    void Accumulate(BinnedMatrix matrix, int[]? columns, ReadOnlySpan<int> rows, Span<float> sums);

    /// <summary>The sums over the given rows.</summary>
    void Total(ReadOnlySpan<int> rows, Span<double> total);

    /// <summary>Looks for the best split of a node by some features and keeps it in <paramref name="best"/> if it gains more.</summary>
    /// <param name="matrix">The bins.</param>
    /// <param name="features">The features' numbers in <see cref="BinnedMatrix.Features"/>; of equal splits that of the first counts.</param>
    /// <param name="histogram">The node's histogram: all bins × channels.</param>
    /// <param name="node">The node.</param>
    /// <param name="best">The best split so far.</param>
    void FindSplits(BinnedMatrix matrix, ReadOnlySpan<int> features, ReadOnlySpan<double> histogram, NodeView node, SplitCandidate best);

    /// <summary>The value of a node, were it a leaf: what its children's values are smoothed to and bounded by. 0 where leaves hold several values.</summary>
    /// <param name="total">The sums over its rows.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="limits">What its ancestors ask of it.</param>
    double Value(ReadOnlySpan<double> total, int rows, NodeLimits limits);

    /// <summary>The values of a leaf.</summary>
    /// <param name="total">The sums over its rows.</param>
    /// <param name="value">What <see cref="Value"/> said of it.</param>
    /// <param name="values">Receives them.</param>
    void Leaf(ReadOnlySpan<double> total, double value, Span<float> values);

    /// <summary>The weight of a node with these sums: its share in expectations over the tree.</summary>
    double Cover(ReadOnlySpan<double> total);
}
