namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Turns growing nodes into a flat <see cref="Tree"/>: bins become thresholds on raw values.</summary>
internal static class TreeAssembler
{
    public static Tree Assemble(BinnedMatrix matrix, ITreeCriterion criterion, List<GrowingNode> nodes, out List<LeafRows> leaves)
    {
        var count = nodes.Count;
        var tree = new Tree
        {
            Feature = new int[count],
            Threshold = new float[count],
            Child = new int[count],
            Flags = new NodeFlags[count],
            Gain = new float[count],
            Cover = new float[count],
            Sets = [.. nodes.Where(n => n.Left >= 0 && matrix.Features[n.Best!.Feature].IsCategorical).Select(n => n.Best!.LeftBins)],
            Values = new float[(count + 1) / 2 * criterion.Outputs],
        };
        leaves = [];
        var sets = 0;
        foreach (var node in nodes)
        {
            tree.Cover[node.Id] = (float)criterion.Cover(node.Total);
            if (node.Left < 0)
            {
                var leaf = leaves.Count;
                tree.Child[node.Id] = ~leaf;
                criterion.Leaf(node.Total, node.Value, tree.Values.AsSpan(leaf * criterion.Outputs, criterion.Outputs));
                leaves.Add(new LeafRows(leaf, node.Start, node.Count, node.Limits.Lower, node.Limits.Upper));
                continue;
            }

            var best = node.Best!;
            var feature = matrix.Features[best.Feature];
            tree.Feature[node.Id] = feature.Source;
            tree.Child[node.Id] = node.Left;
            tree.Gain[node.Id] = (float)best.Gain;
            if (feature.IsCategorical)
            {
                tree.Flags[node.Id] = NodeFlags.Categorical;
                tree.Threshold[node.Id] = sets++;
            }
            else
            {
                // After the last value bin: every value goes left, only missing ones do not.
                tree.Threshold[node.Id] = best.Bin < feature.Mapper.Bounds.Length ? feature.Mapper.Bounds[best.Bin] : float.PositiveInfinity;
                tree.Flags[node.Id] = best.MissingLeft ? NodeFlags.MissingLeft : NodeFlags.None;
            }
        }

        return tree;
    }
}
