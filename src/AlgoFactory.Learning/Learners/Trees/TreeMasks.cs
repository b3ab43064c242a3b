using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Finds the leaves of a single row in all trees without walking any. Each split owns a word per tree whose bits are the
/// tree's leaves from left to right; a split that sends the row right clears the leaves below its left child, and the first
/// leaf that is left standing is the row's (QuickScorer, Lucchese et al., SIGIR 2015). What all splits of one slot clear
/// depends on the slot's byte alone, so it is worked out beforehand for every byte: a row then costs one line of words a
/// slot, read and combined by vectors, whatever the depth of the trees.
/// </summary>
internal abstract class TreeMasks
{
    /// <summary>With more slots than this, reading a line for each costs more than walking.</summary>
    private const int MaxColumns = 64;

    /// <summary>Larger tables would be read from memory, not from the caches.</summary>
    private const long MaxBytes = 8 << 20;

    /// <summary>A slot that trees ask for, with the number of lines its byte chooses from, and where the first of them begins.</summary>
    private protected record struct Column(int Slot, bool IsCategorical, int Lines, int FirstWord);

    /// <summary>The table of an ensemble, or null where walking is the better way: too many slots, too large trees.</summary>
    public static TreeMasks? Create(TreeEnsemble ensemble, ISplitSlots slots)
    {
        var leaves = ensemble.Trees.IsEmpty ? 0 : ensemble.Trees.Max(t => t.LeafCount);
        if (leaves is 0 or > 64)
            return null;
        var columns = Columns(ensemble, slots);
        var words = columns.Values.Sum(c => (long)c.Lines) * ensemble.Trees.Length;
        if (columns.Count > MaxColumns || words * (leaves <= 32 ? 4 : 8) > MaxBytes)
            return null;
        return leaves <= 32 ? new Table<uint>(ensemble, slots, columns) : new Table<ulong>(ensemble, slots, columns);
    }

    /// <summary>Adds the trees' values, in the order of the trees, to the sums of one row.</summary>
    /// <param name="slots">One byte a slot.</param>
    /// <param name="sums">One an output.</param>
    public abstract unsafe void Add(byte* slots, Span<double> sums);

    private static SortedDictionary<int, Column> Columns(TreeEnsemble ensemble, ISplitSlots slots)
    {
        var columns = new SortedDictionary<int, Column>();
        foreach (var tree in ensemble.Trees)
        {
            for (var n = 0; n < tree.NodeCount; n++)
            {
                if (tree.Child[n] < 0)
                    continue;
                var column = IsCategorical(tree, n)
                    ? new Column(slots.Category(tree.Feature[n]), true, ensemble.BinOfCode[tree.Feature[n]].Max() + 1, 0)
                    : Numeric(tree, n, slots) is var (slot, level) ? new Column(slot, false, level + 2, 0) : default;
                if (!columns.TryGetValue(column.Slot, out var known) || known.Lines < column.Lines)
                    columns[column.Slot] = column;
            }
        }

        return columns;
    }

    private static bool IsCategorical(Tree tree, int node) => (tree.Flags[node] & NodeFlags.Categorical) != 0;

    private static (int Slot, byte Level) Numeric(Tree tree, int node, ISplitSlots slots) =>
        slots.Numeric(tree.Feature[node], tree.Threshold[node], (tree.Flags[node] & NodeFlags.MissingLeft) != 0);

    private sealed class Table<T> : TreeMasks
        where T : unmanaged, IBinaryInteger<T>
    {
        private readonly int _trees;
        private readonly int _leafWidth;
        private readonly Column[] _columns;

        /// <summary>A line has a word a tree, and as many more as fill its last vector.</summary>
        private readonly int _lineWords;
        private readonly T[] _masks;

        /// <summary>What the leaves add, from left to right; each tree has room for as many as a word has bits.</summary>
        private readonly float[] _values;

        public Table(TreeEnsemble ensemble, ISplitSlots slots, SortedDictionary<int, Column> columns)
        {
            (_trees, _leafWidth) = (ensemble.Trees.Length, ensemble.LeafWidth);
            _lineWords = (_trees + Vector256<T>.Count - 1) / Vector256<T>.Count * Vector256<T>.Count;
            var words = 0;
            foreach (var slot in columns.Keys.ToArray())
            {
                columns[slot] = columns[slot] with { FirstWord = words };
                words += columns[slot].Lines * _lineWords;
            }

            _columns = [.. columns.Values];
            _masks = new T[words];
            Array.Fill(_masks, T.AllBitsSet);
            _values = new float[_trees * Bits * _leafWidth];
            for (var t = 0; t < _trees; t++)
                Write(ensemble.Trees[t], t, slots, columns);
        }

        private static unsafe int Bits => sizeof(T) * 8;

        [SkipLocalsInit]
        public override unsafe void Add(byte* slots, Span<double> sums)
        {
            var lines = stackalloc T*[MaxColumns];
            var words = stackalloc T[Vector256<T>.Count];
            fixed (T* masks = _masks)
            fixed (float* values = _values)
            {
                for (var c = 0; c < _columns.Length; c++)
                {
                    ref readonly var column = ref _columns[c];
                    int at = slots[column.Slot];
                    if (column.IsCategorical)
                        at = at * 8 + BitOperations.TrailingZeroCount((uint)slots[column.Slot + 1]);
                    lines[c] = masks + column.FirstWord + Math.Min(at, column.Lines - 1) * _lineWords;
                }

                var output = 0;
                for (var first = 0; first < _trees; first += Vector256<T>.Count)
                {
                    var standing = Vector256<T>.AllBitsSet;
                    for (var c = 0; c < _columns.Length; c++)
                        standing &= Vector256.Load(lines[c] + first);
                    standing.Store(words);
                    var count = Math.Min(Vector256<T>.Count, _trees - first);
                    for (var i = 0; i < count; i++)
                    {
                        var value = values + ((first + i) * Bits + int.CreateTruncating(T.TrailingZeroCount(words[i]))) * _leafWidth;
                        for (var k = 0; k < _leafWidth; k++)
                            sums[output + k] += value[k];
                        if (_leafWidth == 1 && ++output == sums.Length)
                            output = 0;
                    }
                }
            }
        }

        /// <summary>Writes a tree's word into every line.</summary>
        private void Write(Tree tree, int t, ISplitSlots slots, SortedDictionary<int, Column> columns)
        {
            // Children come after their parent: from the last node to the first, leaves below a node are known before it.
            var below = new int[tree.NodeCount];
            for (var n = tree.NodeCount - 1; n >= 0; n--)
                below[n] = tree.Child[n] < 0 ? 1 : below[tree.Child[n]] + below[tree.Child[n] + 1];
            var from = new int[tree.NodeCount];
            for (var n = 0; n < tree.NodeCount; n++)
            {
                var left = tree.Child[n];
                if (left < 0)
                {
                    tree.Values.AsSpan(~left * _leafWidth, _leafWidth).CopyTo(_values.AsSpan((t * Bits + from[n]) * _leafWidth));
                    continue;
                }

                (from[left], from[left + 1]) = (from[n], from[n] + below[left]);
                var mask = ~(((T.One << below[left]) - T.One) << from[n]);
                var isCategorical = IsCategorical(tree, n);
                var (slot, level) = isCategorical ? (slots.Category(tree.Feature[n]), default) : Numeric(tree, n, slots);
                var column = columns[slot];
                for (var line = 0; line < column.Lines; line++)
                    if (isCategorical ? !tree.Sets[(int)tree.Threshold[n]][line] : line > level)
                        _masks[column.FirstWord + line * _lineWords + t] &= mask;
            }
        }
    }
}
