namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>A node while its tree grows: its rows, sums, histogram and best split.</summary>
internal sealed class GrowingNode
{
    public required int Id { get; init; }

    public required int Depth { get; init; }

    /// <summary>The node's range in the partition.</summary>
    public required int Start { get; init; }

    public required int Count { get; init; }

    /// <summary>The sums over its rows, one a channel.</summary>
    public required double[] Total { get; init; }

    /// <summary>What its ancestors ask of its value.</summary>
    public required NodeLimits Limits { get; init; }

    /// <summary>Its value, were it a leaf.</summary>
    public required double Value { get; init; }

    /// <summary>The interaction groups that hold all features on its path, one bit each.</summary>
    public required ulong Groups { get; init; }

    /// <summary>The histogram, while the node waits for its split; null when it was given back or never built.</summary>
    public double[]? Histogram { get; set; }

    /// <summary>The best split, once searched.</summary>
    public SplitCandidate? Best { get; set; }

    /// <summary>The left child, or -1.</summary>
    public int Left { get; set; } = -1;

    public bool CanSplit => Best is { Found: true };
}
