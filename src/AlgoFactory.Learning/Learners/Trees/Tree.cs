namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// A grown tree as flat arrays. Node 0 is the root; the children of node n are Child[n] (left) and Child[n] + 1, both after
/// n; a leaf has ~Child[n] as its number among the leaves.
/// </summary>
internal sealed class Tree
{
    /// <summary>The feature's number in the <see cref="Features.FeatureBatch"/>; 0 for a leaf.</summary>
    public required int[] Feature { get; init; }

    /// <summary>Numeric: values up to it go left. Categorical: the number of its set in <see cref="Sets"/>.</summary>
    public required float[] Threshold { get; init; }

    /// <summary>The left child, or the complement of a leaf's number.</summary>
    public required int[] Child { get; init; }

    public required NodeFlags[] Flags { get; init; }

    /// <summary>What each split gained; 0 for a leaf.</summary>
    public required float[] Gain { get; init; }

    /// <summary>The weight of each node's training rows.</summary>
    public required float[] Cover { get; init; }

    /// <summary>The bins that go left in categorical splits.</summary>
    public required CategorySet[] Sets { get; init; }

    /// <summary>leaves × outputs.</summary>
    public required float[] Values { get; init; }

    public int NodeCount => Child.Length;

    public int LeafCount => (Child.Length + 1) / 2;
}

/// <summary>How a node decides.</summary>
[Flags]
internal enum NodeFlags : byte
{
    None = 0,

    /// <summary>Numeric: a missing value goes left.</summary>
    MissingLeft = 1,

    /// <summary>The split asks for a category.</summary>
    Categorical = 2,
}

/// <summary>The rows of one leaf of a grown tree: a range of the grower's partition.</summary>
/// <param name="Leaf">The leaf's number.</param>
/// <param name="Start">The range's first place.</param>
/// <param name="Count">Its length.</param>
/// <param name="Lower">The least value that keeps monotone features monotone: for those who give leaves other values.</param>
/// <param name="Upper">The greatest one.</param>
internal readonly record struct LeafRows(int Leaf, int Start, int Count, double Lower, double Upper);
