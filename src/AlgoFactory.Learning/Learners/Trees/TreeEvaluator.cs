using System.Buffers;
using System.Runtime.InteropServices;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Sums trees over rows, a block of rows at a time. The features that the trees ask for are first gathered, side by side and
/// with categories as bins; then tree after tree is walked by eight rows at once, so that their memory reads overlap. The
/// sums of a row are added in the order of the trees, in double precision: the same bits alone and in any batch.
/// </summary>
internal sealed class TreeEvaluator
{
    /// <summary>Rows a block: their features and the top of a tree stay in the first-level cache.</summary>
    private const int BlockRows = 64;

    private const int Together = 8;

    [StructLayout(LayoutKind.Sequential)]
    private struct Node
    {
        public float Threshold;
        public int Slot;
        public int Child;
        public NodeFlags Flags;
    }

    private readonly TreeEnsemble _ensemble;
    private readonly Node[] _nodes;
    private readonly int[] _roots;
    private readonly int[] _depths;
    private readonly bool[] _isNumeric;
    private readonly int[] _leafOfNode;
    private readonly float[] _values;
    private readonly CategorySet[] _sets;
    private readonly int[] _features;
    private readonly byte[]?[] _maps;
    private readonly int[] _slotOfFeature;

    public TreeEvaluator(TreeEnsemble ensemble)
    {
        _ensemble = ensemble;
        _features = [.. ensemble.Trees.SelectMany(t => t.Feature.Where((_, n) => t.Child[n] >= 0)).Distinct().Order()];
        _maps = [.. _features.Select(f => ensemble.BinOfCode.GetValueOrDefault(f))];
        _slotOfFeature = new int[_features.Length == 0 ? 0 : _features[^1] + 1];
        Array.Fill(_slotOfFeature, -1);
        for (var slot = 0; slot < _features.Length; slot++)
            _slotOfFeature[_features[slot]] = slot;

        var count = ensemble.Trees.Sum(t => t.NodeCount);
        _nodes = new Node[count];
        _leafOfNode = new int[count];
        _roots = new int[ensemble.Trees.Length];
        _depths = new int[ensemble.Trees.Length];
        _isNumeric = new bool[ensemble.Trees.Length];
        _values = [.. ensemble.Trees.SelectMany(t => t.Values)];
        _sets = [.. ensemble.Trees.SelectMany(t => t.Sets)];
        var (at, leaf, set) = (0, 0, 0);
        for (var t = 0; t < ensemble.Trees.Length; t++)
        {
            var tree = ensemble.Trees[t];
            _roots[t] = at;
            _depths[t] = Flatten(tree, at, leaf, set);
            _isNumeric[t] = tree.Sets.Length == 0;
            at += tree.NodeCount;
            leaf += tree.LeafCount;
            set += tree.Sets.Length;
        }
    }

    /// <summary>Adds the trees' values to the sums of rows <paramref name="start"/> .. start + count - 1 of a batch.</summary>
    /// <param name="rows">The batch.</param>
    /// <param name="start">The first row.</param>
    /// <param name="sums">rows × outputs; its length says how many rows.</param>
    public void Add(FeatureBatch rows, int start, Span<double> sums)
    {
        var outputs = _ensemble.Outputs;
        var buffer = ArrayPool<float>.Shared.Rent(BlockRows * Math.Max(1, _features.Length));
        for (var done = 0; done < sums.Length / outputs; done += BlockRows)
        {
            var count = Math.Min(BlockRows, sums.Length / outputs - done);
            var whole = Gather(rows, start + done, count, buffer);
            Walk(buffer, count, whole, sums.Slice(done * outputs, count * outputs));
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Copies the asked features of some rows side by side; false if a number among them is missing.</summary>
    private bool Gather(FeatureBatch rows, int start, int count, float[] buffer)
    {
        var whole = true;
        var dense = 0;
        while (dense < _features.Length && _features[dense] < rows.DenseWidth)
            dense++;
        var derived = dense;
        while (derived < _features.Length && _features[derived] < _ensemble.Width)
            derived++;
        for (var i = 0; i < count; i++)
        {
            var to = buffer.AsSpan(i * _features.Length, _features.Length);
            var row = rows.Row(start + i);
            for (var slot = 0; slot < dense; slot++)
            {
                var value = row[_features[slot]];
                if (_maps[slot] is { } map)
                    value = BinMapper.CategoryBin(map.AsSpan(0, map.Length - 1), map[^1], value);
                whole &= !float.IsNaN(value);
                to[slot] = value;
            }

            if (derived < to.Length)
            {
                _ensemble.Statistics!.Compute(row, _features.AsSpan(derived), _ensemble.Width, to[derived..]);
                foreach (var value in to[derived..])
                    whole &= !float.IsNaN(value);
            }

            to[dense..derived].Clear();
            if (dense == derived || rows.Sparse is not { } sparse)
                continue;
            var indices = sparse.Indices(start + i);
            var values = sparse.Values(start + i);
            for (var j = 0; j < indices.Length; j++)
            {
                var feature = rows.DenseWidth + indices[j];
                if (feature >= _slotOfFeature.Length || _slotOfFeature[feature] < 0)
                    continue;
                whole &= !float.IsNaN(values[j]);
                to[_slotOfFeature[feature]] = values[j];
            }
        }

        return whole;
    }

    private void Walk(float[] buffer, int count, bool whole, Span<double> sums)
    {
        Span<int> at = stackalloc int[BlockRows];
        var (outputs, leafWidth) = (_ensemble.Outputs, _ensemble.LeafWidth);
        var output = 0;
        for (var t = 0; t < _roots.Length; t++)
        {
            if (whole && _isNumeric[t])
                WalkNumeric(t, buffer, count, at);
            else
                WalkAny(t, buffer, count, at);
            for (var i = 0; i < count; i++)
            {
                var values = _values.AsSpan(_leafOfNode[at[i]] * leafWidth, leafWidth);
                for (var k = 0; k < leafWidth; k++)
                    sums[i * outputs + output + k] += values[k];
            }

            if (leafWidth == 1 && ++output == outputs)
                output = 0;
        }
    }

    /// <summary>
    /// Without missing values and categories a step is one comparison added to the child's number. Leaves lead to
    /// themselves, so that all rows take as many steps as the tree is deep, without a branch.
    /// </summary>
    private unsafe void WalkNumeric(int tree, float[] buffer, int count, Span<int> at)
    {
        var (root, depth, width) = (_roots[tree], _depths[tree], _features.Length);
        fixed (Node* nodes = _nodes)
        fixed (float* values = buffer)
        {
            var i = 0;
            for (; i <= count - Together; i += Together)
            {
                var row = values + i * width;
                int n0 = root, n1 = root, n2 = root, n3 = root, n4 = root, n5 = root, n6 = root, n7 = root;
                for (var d = 0; d < depth; d++)
                {
                    n0 = Step(nodes + n0, row);
                    n1 = Step(nodes + n1, row + width);
                    n2 = Step(nodes + n2, row + 2 * width);
                    n3 = Step(nodes + n3, row + 3 * width);
                    n4 = Step(nodes + n4, row + 4 * width);
                    n5 = Step(nodes + n5, row + 5 * width);
                    n6 = Step(nodes + n6, row + 6 * width);
                    n7 = Step(nodes + n7, row + 7 * width);
                }

                (at[i], at[i + 1], at[i + 2], at[i + 3]) = (n0, n1, n2, n3);
                (at[i + 4], at[i + 5], at[i + 6], at[i + 7]) = (n4, n5, n6, n7);
            }

            for (; i < count; i++)
            {
                var node = root;
                for (int next; (next = Step(nodes + node, values + i * width)) != node;)
                    node = next;
                at[i] = node;
            }
        }
    }

    private static unsafe int Step(Node* node, float* row) => node->Child + (row[node->Slot] > node->Threshold ? 1 : 0);

    private void WalkAny(int tree, float[] buffer, int count, Span<int> at)
    {
        var width = _features.Length;
        for (var i = 0; i < count; i++)
        {
            var n = _roots[tree];
            while (_leafOfNode[n] < 0)
            {
                ref readonly var node = ref _nodes[n];
                var value = buffer[i * width + node.Slot];
                var left = (node.Flags & NodeFlags.Categorical) != 0
                    ? _sets[(int)node.Threshold][(int)value]
                    : value <= node.Threshold || (float.IsNaN(value) && (node.Flags & NodeFlags.MissingLeft) != 0);
                n = node.Child + (left ? 0 : 1);
            }

            at[i] = n;
        }
    }

    /// <summary>Copies a tree's nodes and returns its depth.</summary>
    private int Flatten(Tree tree, int firstNode, int firstLeaf, int firstSet)
    {
        var depths = new int[tree.NodeCount];
        var deepest = 0;
        for (var n = 0; n < tree.NodeCount; n++)
        {
            deepest = Math.Max(deepest, depths[n]);
            ref var node = ref _nodes[firstNode + n];
            if (tree.Child[n] < 0)
            {
                node = new Node { Threshold = float.PositiveInfinity, Child = firstNode + n };
                _leafOfNode[firstNode + n] = firstLeaf + ~tree.Child[n];
                continue;
            }

            depths[tree.Child[n]] = depths[tree.Child[n] + 1] = depths[n] + 1;
            _leafOfNode[firstNode + n] = -1;
            node = new Node
            {
                Threshold = tree.Threshold[n] + ((tree.Flags[n] & NodeFlags.Categorical) != 0 ? firstSet : 0),
                Slot = _slotOfFeature[tree.Feature[n]],
                Child = firstNode + tree.Child[n],
                Flags = tree.Flags[n],
            };
        }

        return deepest;
    }
}
