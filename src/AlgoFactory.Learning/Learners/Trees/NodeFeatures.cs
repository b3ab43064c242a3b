namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The features that each node of one tree looks at: those of the tree, sampled by level, held to the interaction groups of
/// the node's path, then sampled by node. Samples are the features with the lowest hashes, so that no thread's pace matters.
/// </summary>
internal sealed class NodeFeatures(BinnedMatrix matrix, GrowthOptions options, int[] features, ulong seed)
{
    private readonly List<int[]> _levels = [];

    /// <summary>The features of a node, ascending; none if no feature may join those of its path.</summary>
    public int[] Of(GrowingNode node)
    {
        var some = Level(node.Depth);
        if (options.Constraints is { HasGroups: true } constraints)
            some = Array.FindAll(some, f => (constraints.Groups(matrix.Features[f].Source) & node.Groups) != 0);
        return Sample(some, options.FeatureFractionByNode, (ulong)node.Id);
    }

    private int[] Level(int depth)
    {
        if (options.FeatureFractionByLevel >= 1)
            return features;
        while (_levels.Count <= depth)
            _levels.Add(Sample(features, options.FeatureFractionByLevel, ~(ulong)_levels.Count));
        return _levels[depth];
    }

    private int[] Sample(int[] from, double fraction, ulong of)
    {
        if (fraction >= 1 || from.Length < 2)
            return from;
        var keys = Array.ConvertAll(from, f => SplitMix.Hash(seed, of, ~(ulong)f));
        var sample = (int[])from.Clone();
        Array.Sort(keys, sample);
        Array.Resize(ref sample, Math.Max(1, (int)Math.Ceiling(from.Length * fraction)));
        Array.Sort(sample);
        return sample;
    }
}
