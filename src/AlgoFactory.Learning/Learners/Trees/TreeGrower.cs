namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Grows one tree after the other on the same binned rows: leaf-wise (the leaf with the greatest gain first; Shi 2007) or
/// depth-wise (level by level) up to a number of leaves, or depth-first where there is no such limit. A tree that runs out of
/// time stops splitting and is whole. Not thread-safe: each thread that grows trees of its own has its own grower.
/// </summary>
internal sealed class TreeGrower
{
    private const long HistogramBudgetBytes = 1L << 29;

    private readonly BinnedMatrix _matrix;
    private readonly GrowthOptions _options;
    private readonly Workers _workers;
    private readonly HistogramBuilder _histograms;
    private readonly SplitFinder _splits;
    private readonly RowPartition _partition;
    private readonly Stack<double[]> _spare = new();
    private readonly byte[] _left = new byte[256];
    private readonly Func<bool> _isOverdue;
    private int _live;

    /// <summary>Creates a grower.</summary>
    /// <param name="matrix">The binned rows.</param>
    /// <param name="options">How trees grow.</param>
    /// <param name="workers">Threads.</param>
    /// <param name="isOverdue">Asked before each split: whether time is up; null: there is no deadline.</param>
    public TreeGrower(BinnedMatrix matrix, GrowthOptions options, Workers workers, Func<bool>? isOverdue = null)
    {
        _matrix = matrix;
        _options = options;
        _workers = workers;
        _isOverdue = isOverdue ?? (() => false);
        _histograms = new HistogramBuilder(matrix, workers);
        _splits = new SplitFinder(matrix, workers);
        _partition = new RowPartition(matrix.RowCount, workers);
    }

    /// <summary>Whether the last tree ran out of time, and might have been split on.</summary>
    public bool WasCut { get; private set; }

    /// <summary>The rows of a range of the last tree's leaves.</summary>
    public ReadOnlyMemory<int> Rows(LeafRows leaf) => _partition.Rows(leaf.Start, leaf.Count);

    /// <summary>Grows a tree.</summary>
    /// <param name="criterion">What it is grown by.</param>
    /// <param name="rows">The rows to grow on, ascending; null: all.</param>
    /// <param name="features">The features to look at, by their number in the matrix, ascending.</param>
    /// <param name="seed">What this tree's random choices are hashed from.</param>
    /// <param name="leaves">The rows of each leaf; valid until the next tree.</param>
    public Tree Grow(ITreeCriterion criterion, int[]? rows, int[] features, ulong seed, out List<LeafRows> leaves)
    {
        if (rows is null)
            _partition.Reset();
        else
            _partition.Reset(rows);

        WasCut = false;
        var growth = new Growth(criterion, new NodeFeatures(_matrix, _options, features, seed), DenseSubset(features), seed);
        var root = Root(growth);
        if (_options.MaxLeaves == int.MaxValue)
            GrowDepthFirst(growth, root);
        else
            GrowBestFirst(growth, root);
        foreach (var node in growth.Nodes)
            Release(node);
        return TreeAssembler.Assemble(_matrix, criterion, growth.Nodes, out leaves);
    }

    /// <summary>What is fixed while one tree grows.</summary>
    private sealed record Growth(ITreeCriterion Criterion, NodeFeatures Features, int[]? Columns, ulong Seed)
    {
        public List<GrowingNode> Nodes { get; } = [];
    }

    private int[]? DenseSubset(int[] features)
    {
        var dense = features.Where(f => f < _matrix.DenseFeatures).Select(f => _matrix.Features[f].Column).Distinct().Order().ToArray();
        return dense.Length == _matrix.Columns ? null : dense;
    }

    private GrowingNode Root(Growth growth)
    {
        var total = new double[growth.Criterion.Channels];
        _histograms.Total(growth.Criterion, _partition.Rows(0, _partition.Count), total);
        var root = new GrowingNode
        {
            Id = 0,
            Depth = 0,
            Start = 0,
            Count = _partition.Count,
            Total = total,
            Limits = NodeLimits.None,
            Value = growth.Criterion.Value(total, _partition.Count, NodeLimits.None),
            Groups = ulong.MaxValue,
        };
        growth.Nodes.Add(root);
        if (MaySplit(root))
        {
            BuildHistogram(growth, root);
            Search(growth, root);
        }

        return root;
    }

    private void GrowBestFirst(Growth growth, GrowingNode root)
    {
        // Depth-wise too the greater gain of a level comes first: where leaves run out, the poorest splits are left out.
        var open = new PriorityQueue<GrowingNode, (int Level, double NegativeGain, int Id)>();
        Offer(root);
        var count = 1;
        while (count < _options.MaxLeaves && open.TryDequeue(out var node, out _) && InTime())
        {
            var last = ++count == _options.MaxLeaves;
            if (Split(growth, node, searchChildren: !last) is not { } children)
            {
                count--;
                continue;
            }

            Offer(children.Left);
            Offer(children.Right);
        }

        void Offer(GrowingNode node)
        {
            if (node.CanSplit)
                open.Enqueue(node, (_options.DepthWise ? node.Depth : 0, -node.Best!.Gain, node.Id));
        }
    }

    private bool InTime() => !(WasCut = WasCut || _isOverdue());

    private void GrowDepthFirst(Growth growth, GrowingNode root)
    {
        var open = new Stack<GrowingNode>();
        open.Push(root);
        while (open.TryPop(out var node))
        {
            if (!node.CanSplit || !InTime() || Split(growth, node, searchChildren: true) is not { } children)
            {
                Release(node);
                continue;
            }

            // The smaller child waits on top: at most one histogram a level of the tree is alive.
            var leftFirst = children.Left.Count <= children.Right.Count;
            open.Push(leftFirst ? children.Right : children.Left);
            open.Push(leftFirst ? children.Left : children.Right);
        }
    }

    /// <summary>Splits a node at its best split; null, and the node stays a leaf, if one side would have no row.</summary>
    private (GrowingNode Left, GrowingNode Right)? Split(Growth growth, GrowingNode node, bool searchChildren)
    {
        var best = node.Best!;
        var feature = _matrix.Features[best.Feature];
        for (var bin = 0; bin < _left.Length; bin++)
            _left[bin] = GoesLeft(best, feature, bin) ? (byte)1 : (byte)0;
        var leftCount = _partition.Split(_matrix, feature, _left, node.Start, node.Count);
        if (leftCount == 0 || leftCount == node.Count)
        {
            node.Best = null;
            Release(node);
            return null;
        }

        var (left, right) = Children(growth, node, feature.Source, leftCount);
        node.Left = left.Id;
        growth.Nodes.Add(left);
        growth.Nodes.Add(right);
        if (searchChildren)
            SearchChildren(growth, node, left, right);
        Release(node);
        return (left, right);
    }

    private (GrowingNode Left, GrowingNode Right) Children(Growth growth, GrowingNode node, int source, int leftCount)
    {
        var rightCount = node.Count - leftCount;
        var limits = node.Limits with { Parent = node.Value };
        var (leftLimits, rightLimits) = (limits, limits);
        if (_options.Constraints?.Direction(source) is { } direction and not 0)
        {
            (leftLimits, rightLimits) = limits.Part(
                direction, growth.Criterion.Value(node.Best!.Left, leftCount, limits), growth.Criterion.Value(node.Best.Right, rightCount, limits));
        }

        var groups = node.Groups & (_options.Constraints?.Groups(source) ?? ulong.MaxValue);
        var id = growth.Nodes.Count;
        return (Child(id, node.Start, leftCount, node.Best!.Left, leftLimits), Child(id + 1, node.Start + leftCount, rightCount, node.Best.Right, rightLimits));

        GrowingNode Child(int id, int start, int count, double[] total, NodeLimits limits) => new()
        {
            Id = id,
            Depth = node.Depth + 1,
            Start = start,
            Count = count,
            Total = total,
            Limits = limits,
            Value = growth.Criterion.Value(total, count, limits),
            Groups = groups,
        };
    }

    /// <summary>Whether a bin goes left in a split: the one place where that is decided while training.</summary>
    public static bool GoesLeft(SplitCandidate split, BinnedFeature feature, int bin)
    {
        if (feature.IsCategorical)
            return split.LeftBins[bin];
        return bin == feature.Mapper.MissingBin ? split.MissingLeft : bin <= split.Bin;
    }

    private void SearchChildren(Growth growth, GrowingNode parent, GrowingNode left, GrowingNode right)
    {
        var (small, large) = left.Count <= right.Count ? (left, right) : (right, left);
        var (smallMay, largeMay) = (MaySplit(small), MaySplit(large));
        if (!smallMay && !largeMay)
            return;
        if (largeMay && parent.Histogram is { } histogram)
        {
            // The subtraction trick: the larger child costs no pass over its rows.
            BuildHistogram(growth, small);
            HistogramBuilder.Subtract(histogram.AsSpan(0, Size(growth)), small.Histogram.AsSpan(0, Size(growth)));
            large.Histogram = histogram;
            parent.Histogram = null;
        }
        else
        {
            if (smallMay)
                BuildHistogram(growth, small);
            if (largeMay)
                BuildHistogram(growth, large);
        }

        foreach (var (node, may) in new[] { (small, smallMay), (large, largeMay) })
        {
            if (may)
                Search(growth, node);
            else
                Release(node);
        }
    }

    private bool MaySplit(GrowingNode node) =>
        node.Count >= Math.Max(2, 2 * _options.MinDataInLeaf - 1) && _matrix.Features.Length > 0 &&
        (_options.MaxDepth <= 0 || node.Depth < _options.MaxDepth);

    private void Search(Growth growth, GrowingNode node)
    {
        _workers.Cancellation.ThrowIfCancellationRequested();
        var view = new NodeView(node.Id, node.Count, growth.Seed, node.Value, node.Limits with { Parent = node.Value });
        node.Best = _splits.Find(growth.Criterion, growth.Features.Of(node), node.Histogram!, view);
        if (!node.Best.Found || _live * (long)Size(growth) * sizeof(double) > HistogramBudgetBytes)
            Release(node);
    }

    private int Size(Growth growth) => _matrix.BinCount * growth.Criterion.Channels;

    private void BuildHistogram(Growth growth, GrowingNode node)
    {
        node.Histogram = _spare.TryPop(out var spare) ? spare : new double[Size(growth)];
        _live++;
        _histograms.Build(growth.Criterion, growth.Columns, _partition.Rows(node.Start, node.Count), node.Total, node.Histogram);
    }

    private void Release(GrowingNode node)
    {
        if (node.Histogram is not { } histogram)
            return;
        node.Histogram = null;
        _spare.Push(histogram);
        _live--;
    }
}
