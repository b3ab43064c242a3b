using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Builds histograms: rows are added in blocks of a fixed size in single precision, and the blocks are folded in their order
/// into double precision. So the sums are the same bits at any number of threads, and the rounding error of a block's few
/// thousand additions is all there is.
/// </summary>
internal sealed class HistogramBuilder
{
    /// <summary>Rows a block: few enough for single precision, many enough that folding costs little.</summary>
    public const int BlockRows = 8192;

    private const int FoldBins = 4096;
    private readonly BinnedMatrix _matrix;
    private readonly Workers _workers;
    private readonly List<float[]> _blocks = [];

    public HistogramBuilder(BinnedMatrix matrix, Workers workers)
    {
        _matrix = matrix;
        _workers = workers;
    }

    /// <summary>Builds the histogram of some rows.</summary>
    /// <param name="criterion">What is summed.</param>
    /// <param name="columns">The dense columns that count; null: all. The bins of others stay 0.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="total">The sums over these rows, from which the sparse features' bins of 0 are completed.</param>
    /// <param name="to">bins × channels.</param>
    public void Build(ITreeCriterion criterion, int[]? columns, ReadOnlyMemory<int> rows, ReadOnlySpan<double> total, double[] to)
    {
        var size = _matrix.BinCount * criterion.Channels;
        Array.Clear(to, 0, size);
        var blocks = (rows.Length + BlockRows - 1) / BlockRows;
        var wave = _workers.Threads == 1 ? 1 : Math.Min(blocks, 2 * _workers.Threads);
        while (_blocks.Count < wave)
            _blocks.Add(new float[size]);
        for (var first = 0; first < blocks; first += wave)
        {
            var count = Math.Min(wave, blocks - first);
            var from = first;
            _workers.For(count, i =>
            {
                var start = (from + i) * BlockRows;
                criterion.Accumulate(_matrix, columns, rows.Span[start..Math.Min(rows.Length, start + BlockRows)], _blocks[i]);
            });
            if (count == 1)
                Fold(_blocks[0].AsSpan(0, size), to);
            else
                _workers.Ranges(size, FoldBins, (start, end) =>
                {
                    for (var i = 0; i < count; i++)
                        Fold(_blocks[i].AsSpan(start, end - start), to.AsSpan(start));
                });
        }

        CompleteZeroBins(criterion.Channels, total, to);
    }

    /// <summary>The sibling's histogram: the parent's less the child's, in place of the parent's.</summary>
    public static void Subtract(Span<double> parent, ReadOnlySpan<double> child) => TensorPrimitives.Subtract(parent, child, parent);

    /// <summary>Adds a block and leaves it 0 for the next one.</summary>
    private static void Fold(Span<float> block, Span<double> to)
    {
        var i = 0;
        ref var source = ref MemoryMarshal.GetReference(block);
        ref var target = ref MemoryMarshal.GetReference(to);
        for (; i <= block.Length - 8; i += 8)
        {
            var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref source, (nuint)i));
            Vector256.StoreUnsafe(
                Vector256.LoadUnsafe(ref target, (nuint)i) + low, ref target, (nuint)i);
            Vector256.StoreUnsafe(
                Vector256.LoadUnsafe(ref target, (nuint)i + 4) + high, ref target, (nuint)i + 4);
        }

        for (; i < block.Length; i++)
            to[i] += block[i];
        block.Clear();
    }

    private void CompleteZeroBins(int channels, ReadOnlySpan<double> total, double[] to)
    {
        for (var f = _matrix.Columns; f < _matrix.Features.Length; f++)
        {
            var feature = _matrix.Features[f];
            var bins = to.AsSpan(feature.Offset * channels, feature.BinCount * channels);
            for (var channel = 0; channel < channels; channel++)
            {
                var sum = 0.0;
                for (var at = channel; at < bins.Length; at += channels)
                    sum += bins[at];
                bins[feature.ZeroBin * channels + channel] = total[channel] - sum;
            }
        }
    }
}
