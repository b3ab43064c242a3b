using System.Collections.Immutable;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>Random trees over the features of a <see cref="RandomTable"/>: any thresholds, directions of missing values, category sets and covers.</summary>
internal static class RandomTrees
{
    /// <summary>The feature of <see cref="RandomTable"/> that holds categories.</summary>
    public const int CategoryFeature = 5;

    private const int Categories = 12;

    /// <summary>An ensemble of trees with up to that many leaves.</summary>
    /// <param name="random">The chance.</param>
    /// <param name="rows">Thresholds are among these rows' values.</param>
    /// <param name="trees">Trees.</param>
    /// <param name="leaves">The most leaves a tree.</param>
    /// <param name="outputs">Outputs.</param>
    /// <param name="leafWidth">Values a leaf.</param>
    /// <param name="categorical">Whether feature 5 is split by categories.</param>
    /// <param name="features">The features that trees ask for; null: any.</param>
    public static TreeEnsemble Create(
        Random random, FeatureBatch rows, int trees, int leaves, int outputs = 1, int leafWidth = 1, bool categorical = true, int[]? features = null)
    {
        features ??= [.. Enumerable.Range(0, rows.Width)];
        // Codes 10 and 11 were never seen; 12 bins and the missing one.
        byte[] map = [.. Enumerable.Range(0, Categories).Select(c => (byte)(c < 10 ? c * 7 % 10 : 10)), 10];
        return new TreeEnsemble(
            rows.Width, outputs, leafWidth, [.. Enumerable.Range(0, trees).Select(_ => Tree(random, rows, random.Next(1, leaves + 1), leafWidth, categorical && random.Next(3) > 0, features))],
            categorical ? ImmutableSortedDictionary<int, byte[]>.Empty.Add(CategoryFeature, map) : ImmutableSortedDictionary<int, byte[]>.Empty);
    }

    private static Tree Tree(Random random, FeatureBatch rows, int leaves, int leafWidth, bool categorical, int[] features)
    {
        var count = 2 * leaves - 1;
        var tree = new Tree
        {
            Feature = new int[count],
            Threshold = new float[count],
            Child = new int[count],
            Flags = new NodeFlags[count],
            Gain = new float[count],
            Cover = new float[count],
            Sets = new CategorySet[categorical ? leaves : 0],
            Values = [.. Enumerable.Range(0, leaves * leafWidth).Select(_ => (float)(random.NextDouble() * 2 - 1))],
        };
        foreach (ref var set in tree.Sets.AsSpan())
            for (var bin = 0; bin <= 10; bin++)
                if (random.Next(2) == 0)
                    set.Add(bin);
        // Any leaf may be split next, the newest more often: deep and crooked trees.
        var open = new List<int> { 0 };
        tree.Cover[0] = 1000;
        for (var nodes = 1; nodes < count; nodes += 2)
        {
            var at = random.Next(3) == 0 ? random.Next(open.Count) : open.Count - 1;
            var node = open[at];
            open.RemoveAt(at);
            var feature = features[random.Next(features.Length)];
            (tree.Feature[node], tree.Child[node], tree.Gain[node]) = (feature, nodes, random.Next(100));
            if (categorical && feature == CategoryFeature)
            {
                (tree.Flags[node], tree.Threshold[node]) = (NodeFlags.Categorical, random.Next(tree.Sets.Length));
            }
            else
            {
                var value = random.Next(20) == 0 ? float.PositiveInfinity : NaiveEvaluator.Value(rows, random.Next(rows.RowCount), feature);
                tree.Threshold[node] = float.IsNaN(value) ? 0.5f : value;
                tree.Flags[node] = random.Next(2) == 0 ? NodeFlags.MissingLeft : NodeFlags.None;
            }

            var share = random.Next(10) == 0 ? 0 : random.NextDouble();
            tree.Cover[nodes] = (float)(tree.Cover[node] * share);
            tree.Cover[nodes + 1] = (float)(tree.Cover[node] * (1 - share));
            open.AddRange([nodes, nodes + 1]);
        }

        // Leaves in no order of their nodes.
        int[] numbers = [.. Enumerable.Range(0, leaves)];
        random.Shuffle(numbers);
        for (var i = 0; i < leaves; i++)
            tree.Child[open[i]] = ~numbers[i];
        return tree;
    }
}
