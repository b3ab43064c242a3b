using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Walks trees from root to leaf over the bytes of <see cref="ThresholdQuantizer"/>, eight walks at once so that their
/// memory reads overlap: eight trees for a single row, eight rows for a tree too large for <see cref="TreeScan"/>. Leaves
/// lead to themselves, so that all eight take as many steps as the deepest needs, without a branch.
/// </summary>
internal sealed class TreeWalk
{
    /// <summary>Walks side by side.</summary>
    public const int Together = 8;

    /// <summary>
    /// What stands in <see cref="_sides"/> before the sets: a byte's answer lies at <see cref="Node.Test"/> + byte, so the
    /// first 256 places answer "left", the others "right". Numeric splits start within them, a leaf at 0.
    /// </summary>
    private const int NumericSides = 512;

    [StructLayout(LayoutKind.Sequential)]
    private struct Node
    {
        /// <summary>The left child; the right one follows it.</summary>
        public int Child;
        public int Slot;

        /// <summary>Where a byte's answer is looked up: numeric 255 less the count above which a row goes right; leaf 0, so that every row "goes left" to the leaf itself.</summary>
        public int Test;

        /// <summary>Numeric: all bits of the answer count; categorical: none but that of the slot behind. Leaf: its number.</summary>
        public int Bits;
    }

    private readonly Node[] _nodes;
    private readonly int[] _roots;
    private readonly int[] _depths;
    private readonly int[] _byDepth;
    private readonly bool[] _isNumeric;

    /// <summary>Which of eight bytes side by side go right, a bit each: those of every numeric split, then those of the sets.</summary>
    private readonly byte[] _sides;

    public TreeWalk(ImmutableArray<Tree> trees, ISplitSlots slots)
    {
        _nodes = new Node[trees.Sum(t => t.NodeCount)];
        _roots = new int[trees.Length];
        _depths = new int[trees.Length];
        _isNumeric = [.. trees.Select(t => t.Sets.Length == 0)];
        CategorySet[] sets = [.. trees.SelectMany(t => t.Sets)];
        _sides = [.. new byte[NumericSides / 2], .. Enumerable.Repeat((byte)255, NumericSides / 2), .. MemoryMarshal.AsBytes(sets.AsSpan())];
        foreach (ref var bits in _sides.AsSpan(NumericSides))
            bits = (byte)~bits;
        var (node, leaf, set) = (0, 0, 0);
        for (var t = 0; t < trees.Length; t++)
        {
            _roots[t] = node;
            _depths[t] = Flatten(trees[t], slots, node, leaf, set);
            node += trees[t].NodeCount;
            leaf += trees[t].LeafCount;
            set += trees[t].Sets.Length;
        }

        _byDepth = [.. Enumerable.Range(0, trees.Length).OrderBy(t => _isNumeric[t]).ThenBy(t => _depths[t])];
    }

    /// <summary>The leaves, counted through all trees, of one row in every tree.</summary>
    /// <param name="slots">One byte a slot.</param>
    /// <param name="leaves">One a tree.</param>
    public unsafe void Trees(byte* slots, Span<int> leaves)
    {
        var at = stackalloc int[Together];
        fixed (Node* nodes = _nodes)
        fixed (byte* sides = _sides)
        {
            for (var first = 0; first < leaves.Length; first += Together)
            {
                // Trees of like depth are walked together; fewer than eight are filled up with a walk that nobody asks for.
                var (depth, numeric) = (0, true);
                for (var i = 0; i < Together; i++)
                {
                    var tree = _byDepth[Math.Min(first + i, leaves.Length - 1)];
                    at[i] = _roots[tree];
                    depth = Math.Max(depth, _depths[tree]);
                    numeric &= _isNumeric[tree];
                }

                Walk(nodes, sides, numeric, depth, slots, 0, 0, at);
                for (var i = 0; i < Math.Min(Together, leaves.Length - first); i++)
                    leaves[_byDepth[first + i]] = nodes[at[i]].Bits;
            }
        }
    }

    /// <summary>The leaves, counted through all trees, of one tree for some rows.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="slots">Slot s of row i at s × 2^<paramref name="shift"/> + i; there are rows up to a multiple of eight.</param>
    /// <param name="shift">See above.</param>
    /// <param name="leaves">One a row.</param>
    public unsafe void Rows(int tree, byte* slots, int shift, Span<int> leaves)
    {
        var at = stackalloc int[Together];
        fixed (Node* nodes = _nodes)
        fixed (byte* sides = _sides)
        {
            for (var i = 0; i < leaves.Length; i += Together)
            {
                new Span<int>(at, Together).Fill(_roots[tree]);
                Walk(nodes, sides, _isNumeric[tree], _depths[tree], slots + i, shift, 1, at);
                for (var j = 0; j < Math.Min(Together, leaves.Length - i); j++)
                    leaves[i + j] = nodes[at[j]].Bits;
            }
        }
    }

    /// <summary>What every split of a tree says of one row, whether or not the row comes by: true where it goes right; false for leaves.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="slots">One byte a slot.</param>
    /// <param name="right">One a node.</param>
    public unsafe void Decisions(int tree, byte* slots, Span<bool> right)
    {
        fixed (Node* nodes = &_nodes[_roots[tree]])
        fixed (byte* sides = _sides)
        {
            for (var n = 0; n < right.Length; n++)
                right[n] = (_isNumeric[tree] ? NumericStep.Next(nodes + n, sides, slots, 0) : AnyStep.Next(nodes + n, sides, slots, 0)) != nodes[n].Child;
        }
    }

    private static unsafe void Walk(Node* nodes, byte* sides, bool numeric, int depth, byte* slots, int shift, int apart, int* at)
    {
        if (numeric)
            Walk<NumericStep>(nodes, sides, depth, slots, shift, apart, at);
        else
            Walk<AnyStep>(nodes, sides, depth, slots, shift, apart, at);
    }

    /// <summary>Eight walks; walk j reads the row at j × <paramref name="apart"/>.</summary>
    private static unsafe void Walk<T>(Node* nodes, byte* sides, int depth, byte* slots, int shift, int apart, int* at)
        where T : struct, IStep
    {
        int n0 = at[0], n1 = at[1], n2 = at[2], n3 = at[3], n4 = at[4], n5 = at[5], n6 = at[6], n7 = at[7];
        for (var d = 0; d < depth; d++)
        {
            n0 = T.Next(nodes + n0, sides, slots, shift);
            n1 = T.Next(nodes + n1, sides, slots + apart, shift);
            n2 = T.Next(nodes + n2, sides, slots + 2 * apart, shift);
            n3 = T.Next(nodes + n3, sides, slots + 3 * apart, shift);
            n4 = T.Next(nodes + n4, sides, slots + 4 * apart, shift);
            n5 = T.Next(nodes + n5, sides, slots + 5 * apart, shift);
            n6 = T.Next(nodes + n6, sides, slots + 6 * apart, shift);
            n7 = T.Next(nodes + n7, sides, slots + 7 * apart, shift);
        }

        (at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7]) = (n0, n1, n2, n3, n4, n5, n6, n7);
    }

    /// <summary>A step from a node to its child; a type, so that the loop over steps is compiled for each kind of them.</summary>
    private interface IStep
    {
        static abstract unsafe int Next(Node* node, byte* sides, byte* slots, int shift);
    }

    private readonly struct NumericStep : IStep
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static unsafe int Next(Node* node, byte* sides, byte* slots, int shift) =>
            node->Child + ((slots[(nint)node->Slot << shift] + node->Test) >> 8);
    }

    private readonly struct AnyStep : IStep
    {
        /// <summary>Both kinds of split alike, without a branch: of a numeric one the slot behind is read for nothing.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static unsafe int Next(Node* node, byte* sides, byte* slots, int shift)
        {
            var value = slots + ((nint)node->Slot << shift);
            var bits = value[(nint)1 << shift] | node->Bits;
            return node->Child + ((sides[node->Test + *value] & bits) != 0 ? 1 : 0);
        }
    }

    /// <summary>Copies a tree's nodes and returns its depth.</summary>
    private int Flatten(Tree tree, ISplitSlots slots, int firstNode, int firstLeaf, int firstSet)
    {
        var depths = new int[tree.NodeCount];
        var deepest = 0;
        for (var n = 0; n < tree.NodeCount; n++)
        {
            deepest = Math.Max(deepest, depths[n]);
            ref var node = ref _nodes[firstNode + n];
            if (tree.Child[n] < 0)
            {
                node = new Node { Child = firstNode + n, Bits = firstLeaf + ~tree.Child[n] };
                continue;
            }

            depths[tree.Child[n]] = depths[tree.Child[n] + 1] = depths[n] + 1;
            node.Child = firstNode + tree.Child[n];
            if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
            {
                (node.Slot, node.Test) = (slots.Category(tree.Feature[n]), NumericSides + (firstSet + (int)tree.Threshold[n]) * 32);
                continue;
            }

            (node.Slot, var level) = slots.Numeric(tree.Feature[n], tree.Threshold[n], (tree.Flags[n] & NodeFlags.MissingLeft) != 0);
            (node.Test, node.Bits) = (255 - level, 255);
        }

        return deepest;
    }
}
