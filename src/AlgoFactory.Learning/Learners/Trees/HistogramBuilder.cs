using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Builds histograms: rows are added in blocks in single precision, and the blocks are folded in their order into double
/// precision. Blocks depend on the number of rows only, so the sums are the same bits at any number of threads, and the
/// rounding error of a block's few thousand additions is all there is.
/// </summary>
internal sealed class HistogramBuilder
{
    /// <summary>Rows a block at most: few enough for single precision, many enough that folding costs little.</summary>
    public const int BlockRows = 8192;

    /// <summary>Rows that are worth a second block: folding one more costs as much as adding some hundred rows.</summary>
    private const int SharedRows = BlockRows / 2;

    private const int FoldBins = 2048;
    private const int FoldColumns = 4;
    private const int TotalRows = 65_536;
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
        var channels = criterion.Channels;
        var size = _matrix.AddedBins * channels;
        var blocks = BlockCount(rows.Length);
        var wave = _workers.Threads == 1 ? 1 : Math.Min(blocks, 4 * _workers.Threads);
        while (_blocks.Count < wave)
            _blocks.Add(new float[size]);
        for (var first = 0; first < blocks; first += wave)
        {
            var count = Math.Min(wave, blocks - first);
            var from = first;
            _workers.For(count, i =>
            {
                var start = Bound(from + i);
                criterion.Accumulate(_matrix, columns, rows.Span[start..Bound(from + i + 1)], _blocks[i]);
            });
            if (from == 0)
                Array.Clear(to, 0, _matrix.BinCount * channels);
            if (count == 1)
                FoldAll(1, channels, to);
            else if (_matrix.IsPacked)
                _workers.Ranges(_matrix.Columns + 1, FoldColumns, (start, end) => FoldPacked(count, start, end, channels, to));
            else
                _workers.Ranges(size, FoldBins, (start, end) => Fold(count, start, end, start, to));
        }

        CompleteZeroBins(channels, total, to);

        int Bound(int block) => (int)((long)rows.Length * block / blocks);
    }

    /// <summary>The sums over some rows, block by block.</summary>
    public void Total(ITreeCriterion criterion, ReadOnlyMemory<int> rows, Span<double> total)
    {
        var blocks = (rows.Length + TotalRows - 1) / TotalRows;
        var sums = new double[blocks * total.Length];
        var channels = total.Length;
        _workers.For(blocks, b => criterion.Total(
            rows.Span[(b * TotalRows)..Math.Min(rows.Length, (b + 1) * TotalRows)], sums.AsSpan(b * channels, channels)));
        total.Clear();
        for (var i = 0; i < sums.Length; i++)
            total[i % channels] += sums[i];
    }

    /// <summary>The sibling's histogram: the parent's less the child's, in place of the parent's.</summary>
    public static void Subtract(Span<double> parent, ReadOnlySpan<double> child) => TensorPrimitives.Subtract(parent, child, parent);

    /// <summary>Blocks of about equal length, an even number where there are several: two threads then have equal work.</summary>
    private static int BlockCount(int rows) => rows < SharedRows ? 1 : 2 * ((rows + 2 * BlockRows - 1) / (2 * BlockRows));

    private void FoldAll(int count, int channels, double[] to)
    {
        if (_matrix.IsPacked)
            FoldPacked(count, 0, _matrix.Columns + 1, channels, to);
        else
            Fold(count, 0, _matrix.AddedBins * channels, 0, to);
    }

    /// <summary>Folds columns one by one, and what follows the last column: the sparse bins.</summary>
    private void FoldPacked(int count, int start, int end, int channels, double[] to)
    {
        for (var column = start; column < end; column++)
        {
            if (column == _matrix.Columns)
            {
                Fold(count, SparseStart * channels, _matrix.AddedBins * channels, (SparseStart - _matrix.SparseShift) * channels, to);
            }
            else if (_matrix.FeaturesOfColumn[column] is [{ BinOfCode: null } alone])
            {
                var from = _matrix.ColumnOffsets[column] * channels;
                Fold(count, from, from + alone.BinCount * channels, alone.Offset * channels, to);
            }
            else
            {
                for (var i = 0; i < count; i++)
                    SumOut(column, channels, _blocks[i], to);
            }
        }
    }

    /// <summary>Where the sparse bins start in a block.</summary>
    private int SparseStart => _matrix.DenseFeatures < _matrix.Features.Length
        ? _matrix.Features[_matrix.DenseFeatures].Offset + _matrix.SparseShift
        : _matrix.AddedBins;

    /// <summary>Adds a column's codes to the bins of its features and leaves them 0 for the next block.</summary>
    private void SumOut(int column, int channels, float[] block, double[] to)
    {
        var features = _matrix.FeaturesOfColumn[column];
        var codes = features[0].BinOfCode!.Length;
        var sums = block.AsSpan(_matrix.ColumnOffsets[column] * channels, codes * channels);
        var places = _matrix.PlaceOfCode[column];
        for (var code = places is null ? 0 : 1; code < codes; code++)
        {
            var ofCode = sums.Slice(code * channels, channels);
            if (!ofCode.ContainsAnyExcept(0f))
                continue;
            if (places is not null)
            {
                AddTo(to.AsSpan(places[code] * channels, channels), ofCode);
                continue;
            }

            foreach (var feature in features)
                AddTo(to.AsSpan((feature.Offset + feature.BinOfCode![code]) * channels, channels), ofCode);
        }

        sums.Clear();
    }

    private static void AddTo(Span<double> bin, ReadOnlySpan<float> sums)
    {
        for (var channel = 0; channel < sums.Length; channel++)
            bin[channel] += sums[channel];
    }

    /// <summary>Adds a part of the first blocks, in their order, and leaves it 0 for the next ones.</summary>
    private void Fold(int count, int start, int end, int toStart, double[] to)
    {
        for (var i = 0; i < count; i++)
            Fold(_blocks[i].AsSpan(start, end - start), to.AsSpan(toStart));
    }

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
        foreach (var feature in _matrix.Features)
        {
            if (feature.ZeroBin < 0)
                continue;
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
