using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.TestKit.Trees;

/// <summary>
/// Grows a tree the slow and plain way: sums over rows for every candidate, no histograms, no subtraction, no blocks. The
/// twin of <see cref="TreeGrower"/>; with sums that are exact both agree to the bit. What a split is worth is left to a
/// <see cref="INaiveSplits"/>.
/// </summary>
internal sealed class NaiveGrower(BinnedMatrix matrix, INaiveSplits splits, GrowthOptions options, ulong seed)
{
    /// <summary>A node: its rows and, once split, its children.</summary>
    public sealed class Node
    {
        public required List<int> Rows { get; init; }

        public required int Id { get; init; }

        public required int Depth { get; init; }

        /// <summary>The sources of the features on the way to it.</summary>
        public required int[] Path { get; init; }

        public required double Lower { get; init; }

        public required double Upper { get; init; }

        public required double Value { get; init; }

        public NaiveSplit? Split { get; set; }

        public bool Searched { get; set; }

        public Node? Left { get; set; }

        public Node? Right { get; set; }
    }

    /// <summary>Grows and returns the root.</summary>
    public Node Grow(IEnumerable<int> rows)
    {
        List<int> all = [.. rows];
        var root = new Node
        {
            Rows = all,
            Id = 0,
            Depth = 0,
            Path = [],
            Lower = double.NegativeInfinity,
            Upper = double.PositiveInfinity,
            Value = splits.Value(all, 0, double.NegativeInfinity, double.PositiveInfinity),
        };
        var leaves = new List<Node> { root };
        var nodes = 1;
        while (leaves.Count < options.MaxLeaves)
        {
            foreach (var leaf in leaves.Where(l => !l.Searched))
                (leaf.Split, leaf.Searched) = (Best(leaf), true);
            var next = leaves.Where(l => l.Split is not null).OrderBy(l => options.DepthWise ? l.Depth : 0)
                .ThenByDescending(l => l.Split!.Gain).ThenBy(l => l.Id).FirstOrDefault();
            if (next is null)
                break;
            Divide(next, ref nodes);
            leaves.Remove(next);
            leaves.Add(next.Left!);
            leaves.Add(next.Right!);
        }

        return root;
    }

    /// <summary>The leaf that a row ends in.</summary>
    public Node Leaf(Node root, int row)
    {
        var node = root;
        while (node.Left is not null)
            node = node.Split!.LeftBins.Contains(matrix.Bin(matrix.Features[node.Split.Feature], row)) ? node.Left : node.Right!;
        return node;
    }

    private void Divide(Node node, ref int nodes)
    {
        var feature = matrix.Features[node.Split!.Feature];
        var left = node.Rows.FindAll(r => node.Split.LeftBins.Contains(matrix.Bin(feature, r)));
        var right = node.Rows.FindAll(r => !node.Split.LeftBins.Contains(matrix.Bin(feature, r)));
        var a = splits.Value(left, node.Value, node.Lower, node.Upper);
        var b = splits.Value(right, node.Value, node.Lower, node.Upper);
        var middle = a + (b - a) / 2;
        var direction = options.Constraints?.Direction(feature.Source) ?? 0;
        node.Left = Child(left, nodes++, direction < 0 ? middle : node.Lower, direction > 0 ? middle : node.Upper);
        node.Right = Child(right, nodes++, direction > 0 ? middle : node.Lower, direction < 0 ? middle : node.Upper);

        Node Child(List<int> rows, int id, double lower, double upper) => new()
        {
            Rows = rows,
            Id = id,
            Depth = node.Depth + 1,
            Path = [.. node.Path, feature.Source],
            Lower = lower,
            Upper = upper,
            Value = splits.Value(rows, node.Value, lower, upper),
        };
    }

    private NaiveSplit? Best(Node node)
    {
        if ((options.MaxDepth > 0 && node.Depth >= options.MaxDepth) || node.Rows.Count < Math.Max(2, 2 * options.MinDataInLeaf - 1))
            return null;
        NaiveSplit? best = null;
        foreach (var index in Features(node))
            best = splits.Best(matrix, index, node, seed, best);
        return best;
    }

    private IEnumerable<int> Features(Node node)
    {
        int[] all = [.. Enumerable.Range(0, matrix.Features.Length)];
        var level = Sample(all, options.FeatureFractionByLevel, ~(ulong)node.Depth);
        var allowed = level.Where(f => options.Constraints is null || MayJoin(node, matrix.Features[f].Source)).ToArray();
        return Sample(allowed, options.FeatureFractionByNode, (ulong)node.Id);
    }

    /// <summary>Whether one group holds the feature and all of the path.</summary>
    private bool MayJoin(Node node, int source)
    {
        for (var group = 0; group < 64; group++)
            if (node.Path.Append(source).All(f => (options.Constraints!.Groups(f) >> group & 1) != 0))
                return true;
        return false;
    }

    private int[] Sample(int[] from, double fraction, ulong of) => fraction >= 1 || from.Length < 2
        ? from
        : [.. from.OrderBy(f => SplitMix.Hash(seed, of, ~(ulong)f)).Take(Math.Max(1, (int)Math.Ceiling(from.Length * fraction))).Order()];
}

/// <summary>A split that the naive grower found: the bins that go left are listed one by one.</summary>
internal sealed record NaiveSplit(double Gain, int Feature, HashSet<int> LeftBins);

/// <summary>What splits are worth, the plain way.</summary>
internal interface INaiveSplits
{
    /// <summary>The better of the feature's best split and the best so far.</summary>
    NaiveSplit? Best(BinnedMatrix matrix, int index, NaiveGrower.Node node, ulong seed, NaiveSplit? best);

    /// <summary>A node's value under its parent's and between its bounds.</summary>
    double Value(List<int> rows, double parent, double lower, double upper);
}
