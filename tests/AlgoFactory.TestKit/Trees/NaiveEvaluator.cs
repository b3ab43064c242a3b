using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The plain twin of <see cref="TreeEvaluator"/>: one row, one tree, one node after the other, on the values as they are.</summary>
internal static class NaiveEvaluator
{
    public static int Leaf(TreeEnsemble ensemble, Tree tree, FeatureBatch rows, int row)
    {
        var node = 0;
        while (tree.Child[node] >= 0)
            node = tree.Child[node] + (GoesLeft(ensemble, tree, node, Value(rows, row, tree.Feature[node])) ? 0 : 1);
        return ~tree.Child[node];
    }

    public static bool GoesLeft(TreeEnsemble ensemble, Tree tree, int node, float value)
    {
        if ((tree.Flags[node] & NodeFlags.Categorical) == 0)
            return float.IsNaN(value) ? (tree.Flags[node] & NodeFlags.MissingLeft) != 0 : value <= tree.Threshold[node];
        var map = ensemble.BinOfCode[tree.Feature[node]];
        var known = value >= 0 && value < map.Length - 1 && value == MathF.Floor(value);
        return tree.Sets[(int)tree.Threshold[node]][known ? map[(int)value] : map[^1]];
    }

    /// <summary>rows × outputs.</summary>
    public static double[] Sums(TreeEnsemble ensemble, FeatureBatch rows)
    {
        var sums = new double[rows.RowCount * ensemble.Outputs];
        for (var row = 0; row < rows.RowCount; row++)
        {
            for (var t = 0; t < ensemble.Trees.Length; t++)
            {
                var leaf = Leaf(ensemble, ensemble.Trees[t], rows, row);
                for (var k = 0; k < ensemble.LeafWidth; k++)
                {
                    var output = ensemble.LeafWidth == 1 ? t % ensemble.Outputs : k;
                    sums[row * ensemble.Outputs + output] += ensemble.Trees[t].Values[leaf * ensemble.LeafWidth + k];
                }
            }
        }

        return sums;
    }

    public static float Value(FeatureBatch rows, int row, int feature)
    {
        if (feature < rows.DenseWidth)
            return rows.Row(row)[feature];
        var indices = rows.Sparse!.Indices(row);
        for (var i = 0; i < indices.Length; i++)
            if (indices[i] == feature - rows.DenseWidth)
                return rows.Sparse.Values(row)[i];
        return 0;
    }
}
