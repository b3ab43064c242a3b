using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Finds the leaves of 64 rows at once by visiting every split of a tree, parents before children: each row carries, as a
/// byte, the leftmost leaf below where it stands, and a split moves the rows that stand on it and go right to the leftmost
/// leaf of its right child. It costs three or four vector operations a split, whatever the rows do, and no branch: cheaper
/// than walking for trees of up to <see cref="MaxLeaves"/> leaves. (QuickScorer, Lucchese et al. 2015, visits all splits
/// too; bytes of <see cref="ThresholdQuantizer"/> make its bit vectors unnecessary.)
/// </summary>
internal sealed class TreeScan
{
    /// <summary>A leaf's number fits a byte.</summary>
    public const int MaxLeaves = 256;

    /// <summary>Rows a vector.</summary>
    public const int Lanes = 64;

    /// <summary>Up to this many leaves their values are looked up in registers.</summary>
    private const int MaxTable = 64;

    [StructLayout(LayoutKind.Sequential)]
    private struct Split
    {
        public int Slot;
        public byte Level;

        /// <summary>The leftmost leaf below the split, and below its right child.</summary>
        public byte From;
        public byte To;
        public bool IsCategorical;

        /// <summary>The place of its 64 bytes in <see cref="_sets"/>.</summary>
        public int Set;
    }

    private readonly Split[] _splits;
    private readonly byte[] _sets;
    private readonly byte[] _leafOfPlace;
    private readonly float[] _values;

    public TreeScan(Tree tree, ISplitSlots slots)
    {
        var splits = new List<Split>();
        _leafOfPlace = new byte[tree.LeafCount];
        _sets = new byte[tree.Sets.Length * 64];
        for (var s = 0; s < tree.Sets.Length; s++)
        {
            var set = MemoryMarshal.AsBytes(MemoryMarshal.CreateReadOnlySpan(ref tree.Sets[s], 1));
            set.CopyTo(_sets.AsSpan(s * 64));
            set.CopyTo(_sets.AsSpan(s * 64 + 32));
        }

        // Depth first, left before right; a stack of nodes, as a tree may be deeper than the call stack likes.
        var waiting = new Stack<(int Node, int Split)>();
        waiting.Push((0, -1));
        var place = 0;
        while (waiting.TryPop(out var next))
        {
            var (n, parent) = next;
            if (parent >= 0)
                CollectionsMarshal.AsSpan(splits)[parent].To = (byte)place;
            if (tree.Child[n] < 0)
            {
                _leafOfPlace[place++] = (byte)~tree.Child[n];
                continue;
            }

            var split = new Split { From = (byte)place };
            if ((tree.Flags[n] & NodeFlags.Categorical) != 0)
                (split.Slot, split.IsCategorical, split.Set) = (slots.Category(tree.Feature[n]), true, (int)tree.Threshold[n] * 64);
            else
                (split.Slot, split.Level) = slots.Numeric(tree.Feature[n], tree.Threshold[n], (tree.Flags[n] & NodeFlags.MissingLeft) != 0);
            waiting.Push((tree.Child[n] + 1, splits.Count));
            waiting.Push((tree.Child[n], -1));
            splits.Add(split);
        }

        _splits = [.. splits];
        HasTable = tree.LeafCount <= MaxTable && tree.Values.Length == tree.LeafCount && Avx512F.IsSupported;
        _values = new float[HasTable ? MaxTable : 0];
        for (var leaf = 0; leaf < tree.LeafCount && HasTable; leaf++)
            _values[leaf] = tree.Values[_leafOfPlace[leaf]];
    }

    /// <summary>Whether the leaves' values can be added from registers: one value a leaf, and few of them.</summary>
    public bool HasTable { get; }

    /// <summary>The leaf at each place from left to right: what <see cref="Find"/> counts by.</summary>
    public ReadOnlySpan<byte> LeafOfPlace => _leafOfPlace;

    /// <summary>The places of rows' leaves, counted from the left.</summary>
    /// <param name="slots">Slot s of row i at s × stride + i.</param>
    /// <param name="stride">From slot to slot; a multiple of 64 × <paramref name="vectors"/> at least.</param>
    /// <param name="vectors">64 rows each.</param>
    /// <param name="places">One byte a row.</param>
    public unsafe void Find(byte* slots, int stride, int vectors, byte* places)
    {
        fixed (Split* splits = _splits)
        fixed (byte* sets = _sets)
        {
            var end = splits + _splits.Length;
            var v = 0;
            for (; v + 4 <= vectors; v += 4)
                FindFour(splits, end, sets, slots + v * Lanes, stride, places + v * Lanes);
            for (; v < vectors; v++)
                FindOne(splits, end, sets, slots + v * Lanes, stride, places + v * Lanes);
        }
    }

    /// <summary>Four vectors at once, so that one's operations fill the time that another's results take.</summary>
    private static unsafe void FindFour(Split* split, Split* end, byte* sets, byte* slots, int stride, byte* places)
    {
        Vector512<byte> a = default, b = default, c = default, d = default;
        for (; split < end; split++)
        {
            var (from, to) = (Vector512.Create(split->From), Vector512.Create(split->To));
            var at = slots + (nint)split->Slot * stride;
            if (split->IsCategorical)
            {
                var set = Vector512.Load(sets + split->Set);
                var bits = at + stride;
                a = Move(a, from, to, IsOutside(set, at, bits));
                b = Move(b, from, to, IsOutside(set, at + Lanes, bits + Lanes));
                c = Move(c, from, to, IsOutside(set, at + 2 * Lanes, bits + 2 * Lanes));
                d = Move(d, from, to, IsOutside(set, at + 3 * Lanes, bits + 3 * Lanes));
                continue;
            }

            var level = Vector512.Create(split->Level);
            a = Move(a, from, to, Vector512.GreaterThan(Vector512.Load(at), level));
            b = Move(b, from, to, Vector512.GreaterThan(Vector512.Load(at + Lanes), level));
            c = Move(c, from, to, Vector512.GreaterThan(Vector512.Load(at + 2 * Lanes), level));
            d = Move(d, from, to, Vector512.GreaterThan(Vector512.Load(at + 3 * Lanes), level));
        }

        a.Store(places);
        b.Store(places + Lanes);
        c.Store(places + 2 * Lanes);
        d.Store(places + 3 * Lanes);
    }

    private static unsafe void FindOne(Split* split, Split* end, byte* sets, byte* slots, int stride, byte* places)
    {
        Vector512<byte> a = default;
        for (; split < end; split++)
        {
            var at = slots + (nint)split->Slot * stride;
            var right = split->IsCategorical
                ? IsOutside(Vector512.Load(sets + split->Set), at, at + stride)
                : Vector512.GreaterThan(Vector512.Load(at), Vector512.Create(split->Level));
            a = Move(a, Vector512.Create(split->From), Vector512.Create(split->To), right);
        }

        a.Store(places);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Move(Vector512<byte> place, Vector512<byte> from, Vector512<byte> to, Vector512<byte> right) =>
        Vector512.ConditionalSelect(Vector512.Equals(place, from) & right, to, place);

    /// <summary>Whether a category's bit is missing from a set of 32 bytes, which is given twice.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<byte> IsOutside(Vector512<byte> set, byte* bytes, byte* bits)
    {
        var word = Avx512Vbmi.IsSupported ? Avx512Vbmi.PermuteVar64x8(set, Vector512.Load(bytes)) : Vector512.Shuffle(set, Vector512.Load(bytes));
        return Vector512.Equals(word & Vector512.Load(bits), Vector512<byte>.Zero);
    }

    /// <summary>Adds the leaves' values to the sums of rows, 16 rows at once.</summary>
    public unsafe void Add(byte* places, int vectors, double* sums)
    {
        fixed (float* values = _values)
        {
            var (v0, v1) = (Vector512.Load(values), Vector512.Load(values + 16));
            if (_leafOfPlace.Length <= 32)
            {
                for (var i = 0; i < vectors * Lanes; i += 16)
                    Add(Avx512F.PermuteVar16x32x2(v0, Widen(places + i), v1), sums + i);
                return;
            }

            var (v2, v3) = (Vector512.Load(values + 32), Vector512.Load(values + 48));
            for (var i = 0; i < vectors * Lanes; i += 16)
            {
                var place = Widen(places + i);
                var low = Avx512F.PermuteVar16x32x2(v0, place, v1);
                var high = Avx512F.PermuteVar16x32x2(v2, place, v3);
                Add(Vector512.ConditionalSelect(Vector512.GreaterThan(place, Vector512.Create(31)).AsSingle(), high, low), sums + i);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe Vector512<int> Widen(byte* places) => Avx512F.ConvertToVector512Int32(Vector128.Load(places));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe void Add(Vector512<float> values, double* sums)
    {
        (Vector512.Load(sums) + Avx512F.ConvertToVector512Double(values.GetLower())).Store(sums);
        (Vector512.Load(sums + 8) + Avx512F.ConvertToVector512Double(values.GetUpper())).Store(sums + 8);
    }
}
