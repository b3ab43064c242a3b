using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>The plain twin of <see cref="TreeShap"/>: Shapley's formula over all subsets of a few features.</summary>
internal static class NaiveShap
{
    /// <summary>The ensemble's sum of one output for each subset of features (a bit each): others take both branches by their covers.</summary>
    public static double[] Game(TreeEnsemble ensemble, FeatureBatch rows, int row, int output, int[] features)
    {
        var game = new double[1 << features.Length];
        for (var subset = 0; subset < game.Length; subset++)
        {
            for (var t = 0; t < ensemble.Trees.Length; t++)
            {
                if (ensemble.LeafWidth == 1 && t % ensemble.Outputs != output)
                    continue;
                game[subset] += Expected(ensemble, ensemble.Trees[t], 0, rows, row, output, features, subset);
            }
        }

        return game;
    }

    /// <summary>The Shapley value of each feature.</summary>
    public static double[] Values(double[] game, int features)
    {
        var values = new double[features];
        for (var subset = 0; subset < game.Length; subset++)
            for (var f = 0; f < features; f++)
                if ((subset >> f & 1) == 0)
                    values[f] += Weight(int.PopCount(subset), features) * (game[subset | 1 << f] - game[subset]);
        return values;
    }

    /// <summary>The interaction values by their conditional definition: half of what a feature's value changes when another is known, and then unknown.</summary>
    public static double[,] Interactions(double[] game, int features)
    {
        var matrix = new double[features, features];
        var values = Values(game, features);
        for (var a = 0; a < features; a++)
        {
            matrix[a, a] += values[a];
            for (var b = 0; b < features; b++)
            {
                if (a == b)
                    continue;
                for (var subset = 0; subset < game.Length; subset++)
                {
                    if ((subset >> a & 1) != 0 || (subset >> b & 1) != 0)
                        continue;
                    var (withA, withB) = (subset | 1 << a, subset | 1 << b);
                    matrix[a, b] += Weight(int.PopCount(subset), features - 1) / 2 * (game[withA | withB] - game[withB] - (game[withA] - game[subset]));
                }

                matrix[a, a] -= matrix[a, b];
            }
        }

        return matrix;
    }

    /// <summary>|S|! (n - |S| - 1)! / n!</summary>
    private static double Weight(int size, int features)
    {
        var weight = 1.0 / features;
        for (var i = 1; i <= size; i++)
            weight *= (double)i / (features - i);
        return weight;
    }

    private static double Expected(TreeEnsemble ensemble, Tree tree, int node, FeatureBatch rows, int row, int output, int[] features, int subset)
    {
        var left = tree.Child[node];
        if (left < 0)
            return tree.Values[~left * ensemble.LeafWidth + (ensemble.LeafWidth == 1 ? 0 : output)];
        double Child(int child) => Expected(ensemble, tree, child, rows, row, output, features, subset);
        if ((subset >> Array.IndexOf(features, tree.Feature[node]) & 1) != 0)
            return Child(NaiveEvaluator.GoesLeft(ensemble, tree, node, NaiveEvaluator.Value(rows, row, tree.Feature[node])) ? left : left + 1);
        double cover = tree.Cover[left] + (double)tree.Cover[left + 1];
        var share = cover > 0 ? tree.Cover[left] / cover : 0.5;
        return share * Child(left) + (1 - share) * Child(left + 1);
    }
}
