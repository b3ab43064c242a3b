using System.Buffers;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Leaf values once a tree's shape is known, where the Newton step is not the best one (Friedman 2001, algorithms 3 and 4).</summary>
internal static class LeafRenewal
{
    /// <summary>Replaces the leaves' Newton steps by what the loss says they should be.</summary>
    /// <param name="objective">The loss.</param>
    /// <param name="tree">The tree, one value a leaf.</param>
    /// <param name="leaves">Its leaves.</param>
    /// <param name="grower">Knows the leaves' rows.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="scores">The scores that the tree was grown to mend; one a row.</param>
    /// <param name="pairs">Their derivatives; the second one is the row's weight where leaves are quantiles.</param>
    /// <param name="bound">The greatest value; 0: none.</param>
    /// <param name="workers">Threads.</param>
    public static void Renew(
        IObjective objective, Tree tree, List<LeafRows> leaves, TreeGrower grower, ReadOnlyMemory<float> labels,
        ReadOnlyMemory<float> scores, GradientPair[] pairs, double bound, Workers workers)
    {
        if (objective.LeafQuantile is not { } alpha)
        {
            foreach (ref var value in tree.Values.AsSpan())
                value = (float)objective.LeafStep(value);
            return;
        }

        workers.For(leaves.Count, i =>
        {
            var value = Quantile(alpha, grower.Rows(leaves[i]).Span, labels.Span, scores.Span, pairs);
            value = bound > 0 ? Math.Clamp(value, -bound, bound) : value;
            // A leaf's own quantile may cross its neighbours' where the tree was held to a direction.
            tree.Values[leaves[i].Leaf] = (float)Math.Clamp(value, leaves[i].Lower, leaves[i].Upper);
        });
    }

    private static double Quantile(double alpha, ReadOnlySpan<int> rows, ReadOnlySpan<float> labels, ReadOnlySpan<float> scores, GradientPair[] pairs)
    {
        var residuals = ArrayPool<float>.Shared.Rent(rows.Length);
        var weights = ArrayPool<float>.Shared.Rent(rows.Length);
        var count = 0;
        foreach (var row in rows)
        {
            if (!(pairs[row].Hessian > 0))
                continue;
            residuals[count] = labels[row] - scores[row];
            weights[count++] = pairs[row].Hessian;
        }

        var value = WeightedQuantile.Of(residuals.AsSpan(0, count), weights.AsSpan(0, count), alpha);
        ArrayPool<float>.Shared.Return(residuals);
        ArrayPool<float>.Shared.Return(weights);
        return value;
    }
}
