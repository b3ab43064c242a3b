using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// What one tree's splits ask of bins, as slots: a feature's bins are the slot of its splits that send missing values right,
/// as the missing bin is above all others; for splits that send them left there is a copy in which it is 0.
/// </summary>
internal sealed class TreeSlots : ISplitSlots
{
    /// <summary>Rows a block.</summary>
    public const int BlockRows = 1 << BlockShift;

    public const int BlockShift = 8;

    private sealed record Asked(BinnedFeature Feature, int Slot, bool IsSparse)
    {
        public int LeftSlot { get; set; } = -1;
    }

    private readonly IBinSource _bins;
    private readonly Dictionary<int, Asked> _asked = [];
    private readonly int[]? _sparseSlots;

    public TreeSlots(Tree tree, BinnedMatrix matrix, IBinSource bins)
    {
        _bins = bins;
        for (var n = 0; n < tree.NodeCount; n++)
        {
            if (tree.Child[n] < 0)
                continue;
            if (!_asked.TryGetValue(tree.Feature[n], out var asked))
            {
                var feature = matrix.Features[matrix.FeatureOfSource[tree.Feature[n]]];
                asked = new Asked(feature, Count, bins.IsSparse(feature));
                _asked.Add(tree.Feature[n], asked);
                Count += feature.IsCategorical ? 2 : 1;
            }

            if (!asked.Feature.IsCategorical && asked.LeftSlot < 0 && (tree.Flags[n] & NodeFlags.MissingLeft) != 0)
                asked.LeftSlot = Count++;
        }

        if (!_asked.Values.Any(a => a.IsSparse))
            return;
        _sparseSlots = new int[matrix.Features.Length];
        Array.Fill(_sparseSlots, -1);
        foreach (var asked in _asked.Values.Where(a => a.IsSparse))
            _sparseSlots[matrix.FeatureOfSource[asked.Feature.Source]] = asked.Slot;
    }

    /// <summary>Bytes a row.</summary>
    public int Count { get; private set; }

    public (int Slot, byte Level) Numeric(int feature, float threshold, bool missingLeft)
    {
        var asked = _asked[feature];
        var bounds = asked.Feature.Mapper.Bounds;
        // +∞ asks whether there is a value: all value bins go left.
        var level = float.IsPositiveInfinity(threshold) ? bounds.Length : Array.BinarySearch(bounds, threshold);
        return (missingLeft ? asked.LeftSlot : asked.Slot, (byte)level);
    }

    public int Category(int feature) => _asked[feature].Slot;

    /// <summary>Fills the slots of at most <see cref="BlockRows"/> rows, slot s of row i at s × <see cref="BlockRows"/> + i.</summary>
    public void Fill(int start, int count, Span<byte> slots)
    {
        foreach (var asked in _asked.Values)
        {
            var bins = slots.Slice(asked.Slot * BlockRows, count);
            if (asked.IsSparse)
                bins.Fill((byte)asked.Feature.Mapper.Bin(0));
            else
                _bins.Read(asked.Feature, start, bins);
        }

        if (_sparseSlots is not null)
            _bins.Scatter(_sparseSlots, start, count, slots, BlockRows);
        foreach (var asked in _asked.Values)
        {
            var bins = slots.Slice(asked.Slot * BlockRows, BlockRows);
            if (asked.Feature.IsCategorical)
                ToBits(bins[..count], slots.Slice((asked.Slot + 1) * BlockRows, count));
            else if (asked.LeftSlot >= 0)
                MissingToZero(bins, (byte)asked.Feature.Mapper.MissingBin, slots.Slice(asked.LeftSlot * BlockRows, BlockRows));
        }
    }

    private static void ToBits(Span<byte> bins, Span<byte> bits)
    {
        for (var i = 0; i < bins.Length; i++)
        {
            bits[i] = (byte)(1 << (bins[i] & 7));
            bins[i] >>= 3;
        }
    }

    /// <summary>A whole block, whatever lies behind the rows.</summary>
    private static void MissingToZero(ReadOnlySpan<byte> bins, byte missing, Span<byte> to)
    {
        for (var i = 0; i < BlockRows; i += Vector256<byte>.Count)
        {
            var some = Vector256.Create(bins[i..]);
            Vector256.AndNot(some, Vector256.Equals(some, Vector256.Create(missing))).CopyTo(to[i..]);
        }
    }
}
