using System.Collections.Immutable;
using System.Runtime.InteropServices;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How features are cut into bins.</summary>
/// <param name="MaxBins">Value bins a dense feature, 2 to 255.</param>
/// <param name="MaxSparseFeatures">Sparse columns that are looked at: those that occur in the most rows.</param>
/// <param name="MinSparseRows">Rows that a sparse column must occur in.</param>
/// <param name="Seed">Chooses the sample that quantiles are taken from.</param>
internal sealed record BinningOptions(int MaxBins = 255, int MaxSparseFeatures = 4096, int MinSparseRows = 3, ulong Seed = 0);

/// <summary>Cuts features into bins and encodes rows as a <see cref="BinnedMatrix"/>.</summary>
internal static class Binner
{
    /// <summary>Up to this many rows quantiles are exact; above they come from a sample of this size (LightGBM's bin_construct_sample_cnt).</summary>
    public const int SampleRows = 200_000;

    private const int MaxSparseBins = 16;
    private const int EncodeRows = 512;
    private const int CacheLine = 64;

    /// <summary>Tables up to this size are also kept by column: splitting rows is several times faster then, for twice the bytes.</summary>
    private const long MaxCopiedBytes = 1L << 28;

    public static BinnedMatrix Bin(
        FeatureBatch batch, ImmutableArray<FeatureInfo> infos, ReadOnlyMemory<float> weights, BinningOptions options, Workers workers)
    {
        var sample = Sample(batch.RowCount, options.Seed);
        var mappers = new BinMapper[batch.DenseWidth];
        var missing = new bool[batch.DenseWidth];
        FindMissing(batch, missing, workers);
        workers.For(mappers.Length, f => mappers[f] = f < infos.Length && infos[f].Kind == FeatureKind.Categorical
            ? CategoryMapper(batch, f, infos[f].Cardinality, weights.Span, options)
            : NumericMapper(batch, f, sample, weights.Span, options));

        var features = Layout(mappers, missing).ToBuilder();
        var columns = features.Count;
        var offset = columns == 0 ? 0 : features[^1].Offset + features[^1].BinCount;
        var stride = BinnedMatrix.StrideFor(columns);
        var codes = Encode(batch, features, stride, out var aligned, out var byColumn, workers);
        if (batch.Sparse is not { } sparse)
            return new BinnedMatrix(batch.RowCount, columns, stride, codes, aligned, byColumn, features.ToImmutable(), null, null);
        var (starts, bins) = SparseBinner.Bin(sparse, batch.DenseWidth, weights.Span, features, offset, MaxSparseBins, options);
        return new BinnedMatrix(batch.RowCount, columns, stride, codes, aligned, byColumn, features.ToImmutable(), starts, bins);
    }

    /// <summary>The places of dense features; those with a single bin get none.</summary>
    public static ImmutableArray<BinnedFeature> Layout(BinMapper[] mappers, bool[] missing)
    {
        var features = ImmutableArray.CreateBuilder<BinnedFeature>();
        var offset = 0;
        for (var f = 0; f < mappers.Length; f++)
        {
            var feature = new BinnedFeature(f, features.Count, mappers[f], offset, missing[f], -1);
            if (feature.BinCount < 2)
                continue;
            features.Add(feature);
            offset += feature.BinCount;
        }

        return features.ToImmutable();
    }

    /// <summary>Room for codes; row 0 starts at <paramref name="first"/>.</summary>
    public static byte[] Allocate(int rows, int stride, out int first)
    {
        if ((long)rows * stride + CacheLine > Array.MaxLength)
            throw new LearningException($"{rows} rows × {stride} features are more than the trees can hold at once; train on a sample of the rows or on fewer columns.");
        var codes = GC.AllocateUninitializedArray<byte>(rows * stride + CacheLine, pinned: true);
        first = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(codes, 0) & (CacheLine - 1));
        return codes;
    }

    private static int[]? Sample(int rows, ulong seed)
    {
        if (rows <= SampleRows)
            return null;
        // One row out of each of SampleRows strata of equal size: ascending, without repetition, and O(sample).
        var sample = new int[SampleRows];
        for (var i = 0; i < sample.Length; i++)
        {
            var start = (long)i * rows / SampleRows;
            var end = (i + 1L) * rows / SampleRows;
            sample[i] = (int)(start + (long)(SplitMix.Unit(SplitMix.Hash(seed, (ulong)i)) * (end - start)));
        }

        return sample;
    }

    private static void FindMissing(FeatureBatch batch, bool[] missing, Workers workers)
    {
        var width = batch.DenseWidth;
        workers.Ranges(batch.RowCount, 65_536, (start, end) =>
        {
            var dense = batch.Dense;
            for (var row = start; row < end; row++)
            {
                var values = dense.Slice(row * width, width);
                for (var f = 0; f < values.Length; f++)
                    if (float.IsNaN(values[f]))
                        missing[f] = true;
            }
        });
    }

    private static BinMapper NumericMapper(FeatureBatch batch, int feature, int[]? sample, ReadOnlySpan<float> weights, BinningOptions options)
    {
        var dense = batch.Dense;
        var count = sample?.Length ?? batch.RowCount;
        var values = new float[count];
        var shares = weights.IsEmpty ? [] : new float[count];
        var used = 0;
        for (var i = 0; i < count; i++)
        {
            var row = sample is null ? i : sample[i];
            var value = dense[row * batch.DenseWidth + feature];
            if (float.IsNaN(value) || (!weights.IsEmpty && weights[row] <= 0))
                continue;
            if (!weights.IsEmpty)
                shares[used] = weights[row];
            values[used++] = value;
        }

        if (weights.IsEmpty)
            Array.Sort(values, 0, used);
        else
            Array.Sort(values, shares, 0, used);
        var (distinct, sums) = BinBounds.Distinct(values.AsSpan(0, used), weights.IsEmpty ? [] : shares.AsSpan(0, used));
        return BinMapper.Numeric(BinBounds.Find(distinct, sums, options.MaxBins));
    }

    private static BinMapper CategoryMapper(FeatureBatch batch, int feature, int cardinality, ReadOnlySpan<float> weights, BinningOptions options)
    {
        var dense = batch.Dense;
        var totals = new double[Math.Max(0, cardinality)];
        for (var row = 0; row < batch.RowCount; row++)
        {
            var code = dense[row * batch.DenseWidth + feature];
            if (code >= 0 && code < totals.Length && (int)code == code)
                totals[(int)code] += weights.IsEmpty ? 1 : weights[row];
        }

        return BinMapper.Categorical(totals, options.MaxBins);
    }

    private static byte[] Encode(FeatureBatch batch, IReadOnlyList<BinnedFeature> features, int stride, out int first, out byte[]? byColumn, Workers workers)
    {
        var (rows, columns) = (batch.RowCount, features.Count);
        byColumn = null;
        var codes = Allocate(rows, stride, out var aligned);
        first = aligned;
        if (columns == 0)
            return codes;
        var copy = (long)rows * columns <= MaxCopiedBytes ? GC.AllocateUninitializedArray<byte>(rows * columns) : null;
        // Blocks of rows that stay in the second-level cache while one feature after the other is encoded.
        workers.Ranges(rows, EncodeRows, (start, end) =>
        {
            foreach (var feature in features)
            {
                feature.Mapper.Encode(
                    batch.Dense[(start * batch.DenseWidth + feature.Source)..], batch.DenseWidth,
                    codes.AsSpan(aligned + start * stride + feature.Column), stride, end - start);
                if (copy is null)
                    continue;
                var column = copy.AsSpan(feature.Column * rows + start, end - start);
                for (var i = 0; i < column.Length; i++)
                    column[i] = codes[aligned + (start + i) * stride + feature.Column];
            }
        });
        byColumn = copy;
        return codes;
    }
}
