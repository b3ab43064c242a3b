namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How a tree grows.</summary>
internal sealed record GrowthOptions
{
    /// <summary>Leaves; with <see cref="int.MaxValue"/> the tree grows depth-first until nothing is worth a split.</summary>
    public int MaxLeaves { get; init; } = 31;

    /// <summary>Splits on the way to a leaf; 0 or less: no cap.</summary>
    public int MaxDepth { get; init; }

    /// <summary>Whether a level is split before the next one begins; else the leaf with the greatest gain is split first.</summary>
    public bool DepthWise { get; init; }

    /// <summary>Rows in a leaf, judged by the rows' share of the second derivative.</summary>
    public double MinDataInLeaf { get; init; } = 20;

    /// <summary>Sum of second derivatives in a leaf.</summary>
    public double MinChildWeight { get; init; } = 1e-3;

    public double L1 { get; init; }

    public double L2 { get; init; }

    public double MinGain { get; init; }

    /// <summary>Bound of a leaf's value before shrinking; 0: none.</summary>
    public double MaxDeltaStep { get; init; }

    /// <summary>Pulls a leaf's value to its parent's, as if that many rows had it (LightGBM's path_smooth); 0: not at all.</summary>
    public double PathSmooth { get; init; }

    /// <summary>What columns may do; null: anything.</summary>
    public FeatureConstraints? Constraints { get; init; }

    /// <summary>Share of the tree's features that each level of the tree looks at.</summary>
    public double FeatureFractionByLevel { get; init; } = 1;

    /// <summary>Share of its level's features that each node looks at.</summary>
    public double FeatureFractionByNode { get; init; } = 1;

    /// <summary>One random threshold a feature and node instead of the best one (extremely randomised trees, Geurts et al. 2006).</summary>
    public bool RandomThresholds { get; init; }

    /// <summary>Added to a category's second derivative before categories are sorted.</summary>
    public double CatSmooth { get; init; } = 10;

    /// <summary>Added to <see cref="L2"/> in splits by sorted categories.</summary>
    public double CatL2 { get; init; } = 10;

    /// <summary>Categories on the smaller side of a split.</summary>
    public int MaxCatThreshold { get; init; } = 32;

    /// <summary>Up to this many categories, each is split off alone.</summary>
    public int MaxCatToOneHot { get; init; } = 4;

    /// <summary>Rows that a category needs to be sorted among the others.</summary>
    public double MinDataPerGroup { get; init; } = 10;
}
