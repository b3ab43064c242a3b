namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>What a node's ancestors ask of its value.</summary>
/// <param name="Parent">The parent's value, which path smoothing pulls to.</param>
/// <param name="Lower">The least value that keeps monotone features monotone.</param>
/// <param name="Upper">The greatest one.</param>
internal readonly record struct NodeLimits(double Parent, double Lower, double Upper)
{
    /// <summary>The root's: nothing is asked.</summary>
    public static NodeLimits None => new(0, double.NegativeInfinity, double.PositiveInfinity);

    /// <summary>
    /// What the children of a split on a monotone feature may say: the middle of their values parts them and all their
    /// descendants, so that no later split can put one above the other (the basic method of LightGBM and XGBoost).
    /// </summary>
    /// <param name="direction">1: the left child's values are the lower ones; -1: the higher ones; 0: the feature is free.</param>
    /// <param name="left">The left child's value.</param>
    /// <param name="right">The right child's value.</param>
    public (NodeLimits Left, NodeLimits Right) Part(int direction, double left, double right)
    {
        var middle = left + (right - left) / 2;
        return direction switch
        {
            > 0 => (this with { Upper = middle }, this with { Lower = middle }),
            < 0 => (this with { Lower = middle }, this with { Upper = middle }),
            _ => (this, this),
        };
    }
}

/// <summary>A node as a split search sees it.</summary>
/// <param name="Id">The node's number in its tree.</param>
/// <param name="RowCount">Its rows.</param>
/// <param name="TreeSeed">What random thresholds are hashed from.</param>
/// <param name="Value">Its value, were it a leaf.</param>
/// <param name="Children">What it asks of its children's values.</param>
internal readonly record struct NodeView(int Id, int RowCount, ulong TreeSeed, double Value, NodeLimits Children);
