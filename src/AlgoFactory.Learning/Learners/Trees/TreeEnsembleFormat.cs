using System.Collections.Immutable;
using System.Runtime.InteropServices;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Writes and reads the arrays of a <see cref="TreeEnsemble"/>; a reader trusts nothing.</summary>
internal static class TreeEnsembleFormat
{
    private const int MaxWidth = 1 << 24;
    private const int MaxOutputs = 1 << 16;

    /// <summary>The JSON document beside the arrays.</summary>
    internal sealed record Header(int Width, int Outputs, int LeafWidth, int Trees);

    public static void Write(TreeEnsemble ensemble, ArtefactSectionWriter to)
    {
        var trees = ensemble.Trees;
        to.WriteJson("trees", new Header(ensemble.Width, ensemble.Outputs, ensemble.LeafWidth, trees.Length));
        to.WriteArray<int>("node-counts", [.. trees.Select(t => t.NodeCount)]);
        to.WriteArray<int>("set-counts", [.. trees.Select(t => t.Sets.Length)]);
        to.WriteArray<int>("feature", [.. trees.SelectMany(t => t.Feature)]);
        to.WriteArray<float>("threshold", [.. trees.SelectMany(t => t.Threshold)]);
        to.WriteArray<int>("child", [.. trees.SelectMany(t => t.Child)]);
        to.WriteArray<byte>("flags", [.. trees.SelectMany(t => t.Flags.Select(f => (byte)f))]);
        to.WriteArray<float>("gain", [.. trees.SelectMany(t => t.Gain)]);
        to.WriteArray<float>("cover", [.. trees.SelectMany(t => t.Cover)]);
        to.WriteArray<float>("values", [.. trees.SelectMany(t => t.Values)]);
        var sets = trees.SelectMany(t => t.Sets).ToArray();
        to.WriteArray("sets", MemoryMarshal.Cast<CategorySet, long>(sets.AsSpan()));
        to.WriteArray<int>("category-features", [.. ensemble.BinOfCode.Keys]);
        to.WriteArray<int>("category-counts", [.. ensemble.BinOfCode.Values.Select(m => m.Length)]);
        to.WriteArray<byte>("category-bins", [.. ensemble.BinOfCode.Values.SelectMany(m => m)]);
    }

    /// <exception cref="ArtefactFormatException">Something is not as it was written.</exception>
    public static TreeEnsemble Read(ArtefactSection from, Func<int, CategoryStatistics>? statistics = null)
    {
        var header = from.ReadJson<Header>("trees");
        Require(header.Width is >= 0 and <= MaxWidth && header.Outputs is >= 1 and <= MaxOutputs && header.Trees >= 0, "impossible sizes");
        Require(header.LeafWidth == 1 || header.LeafWidth == header.Outputs, "an impossible number of values a leaf");
        var nodeCounts = from.ReadArray<int>("node-counts", header.Trees);
        var setCounts = from.ReadArray<int>("set-counts", header.Trees);
        // A tree with n inner nodes has n + 1 leaves.
        Require(nodeCounts.All(n => n > 0 && n % 2 == 1) && setCounts.All(n => n >= 0), "impossible numbers of nodes");
        var nodes = Sum(nodeCounts);
        var feature = from.ReadArray<int>("feature", nodes);
        var threshold = from.ReadArray<float>("threshold", nodes);
        var child = from.ReadArray<int>("child", nodes);
        var flags = from.ReadArray<byte>("flags", nodes);
        var gain = from.ReadArray<float>("gain", nodes);
        var cover = from.ReadArray<float>("cover", nodes);
        var leaves = ((long)nodes + header.Trees) / 2 * header.LeafWidth;
        Require(leaves <= Array.MaxLength, "too many leaves");
        var values = from.ReadArray<float>("values", (int)leaves);
        var setWords = from.ReadArray<long>("sets");
        Require(setWords.Length <= 1 << 26, "too many category sets");
        Require(setWords.Length == 4L * Sum(setCounts), "an impossible number of category sets");
        var sets = MemoryMarshal.Cast<long, CategorySet>(setWords.AsSpan()).ToArray();
        var maps = ReadMaps(from, header.Width);

        var derived = statistics?.Invoke(header.Width);
        var trees = ImmutableArray.CreateBuilder<Tree>(header.Trees);
        var (node, leaf, set) = (0, 0, 0);
        for (var t = 0; t < header.Trees; t++)
        {
            var (count, leafCount) = (nodeCounts[t], (nodeCounts[t] + 1) / 2 * header.LeafWidth);
            var tree = new Tree
            {
                Feature = feature[node..(node + count)],
                Threshold = threshold[node..(node + count)],
                Child = child[node..(node + count)],
                Flags = [.. flags[node..(node + count)].Select(f => (NodeFlags)f)],
                Gain = gain[node..(node + count)],
                Cover = cover[node..(node + count)],
                Sets = sets[set..(set + setCounts[t])],
                Values = values[leaf..(leaf + leafCount)],
            };
            Check(tree, header.Width + (derived?.Width ?? 0), maps);
            trees.Add(tree);
            node += count;
            leaf += leafCount;
            set += setCounts[t];
        }

        return new TreeEnsemble(header.Width, header.Outputs, header.LeafWidth, trees.MoveToImmutable(), maps, derived);
    }

    private static ImmutableSortedDictionary<int, byte[]> ReadMaps(ArtefactSection from, int width)
    {
        var features = from.ReadArray<int>("category-features");
        var counts = from.ReadArray<int>("category-counts", features.Length);
        Require(features.All(f => f >= 0 && f < width) && features.Distinct().Count() == features.Length, "category maps of impossible features");
        Require(counts.All(c => c >= 1), "an empty category map");
        var bins = from.ReadArray<byte>("category-bins", Sum(counts));
        var maps = ImmutableSortedDictionary.CreateBuilder<int, byte[]>();
        var at = 0;
        for (var i = 0; i < features.Length; i++)
        {
            maps.Add(features[i], bins[at..(at + counts[i])]);
            at += counts[i];
        }

        return maps.ToImmutable();
    }

    /// <summary>Every walk must end: each node but the root has one parent, which comes before it.</summary>
    private static void Check(Tree tree, int width, ImmutableSortedDictionary<int, byte[]> maps)
    {
        var isChild = new bool[tree.NodeCount];
        var isLeaf = new bool[tree.LeafCount];
        for (var n = 0; n < tree.NodeCount; n++)
        {
            Require(n == 0 || isChild[n], "a node without a parent");
            var left = tree.Child[n];
            if (left < 0)
            {
                Require(~left < isLeaf.Length && !isLeaf[~left], "an impossible leaf");
                isLeaf[~left] = true;
                continue;
            }

            Require(left > n && left < tree.NodeCount - 1 && !isChild[left] && !isChild[left + 1], "a node that leads astray");
            isChild[left] = isChild[left + 1] = true;
            Require(tree.Feature[n] >= 0 && tree.Feature[n] < width, "a feature that does not exist");
            Require(!float.IsNaN(tree.Threshold[n]), "a threshold that is no number");
            if ((tree.Flags[n] & NodeFlags.Categorical) == 0)
                continue;
            var set = tree.Threshold[n];
            Require(set >= 0 && set < tree.Sets.Length && set == (int)set && maps.ContainsKey(tree.Feature[n]), "a category set that does not exist");
        }

        Require(tree.Values.All(float.IsFinite), "a leaf without a finite value");
    }

    private static int Sum(int[] counts)
    {
        var sum = counts.Sum(c => (long)c);
        Require(sum <= Array.MaxLength, "impossible sizes");
        return (int)sum;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new ArtefactFormatException($"The trees in the model file are broken: they have {what}.");
    }
}
