using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How features are cut into bins.</summary>
/// <param name="MaxBins">Value bins a dense feature, 2 to 255.</param>
/// <param name="MaxSparseFeatures">Sparse columns that are looked at: those that occur in the most rows.</param>
/// <param name="MinSparseRows">Rows that a sparse column must occur in.</param>
/// <param name="Seed">Chooses the sample that quantiles are taken from.</param>
/// <param name="MinPackedRows">Rows from which on features with few bins share columns: with fewer, summing out costs what it saves.</param>
internal sealed record BinningOptions(
    int MaxBins = 255, int MaxSparseFeatures = 4096, int MinSparseRows = 3, ulong Seed = 0, int MinPackedRows = 16_384);

/// <summary>Cuts features into bins and encodes rows as a <see cref="BinnedMatrix"/>.</summary>
internal static class Binner
{
    /// <summary>Up to this many rows quantiles are exact; above they come from a sample of this size (LightGBM's bin_construct_sample_cnt).</summary>
    public const int SampleRows = 200_000;

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
        var idle = new ConcurrentBag<WeightedSample>();
        workers.For(mappers.Length, f =>
        {
            if (f < infos.Length && infos[f].Kind == FeatureKind.Categorical)
            {
                mappers[f] = CategoryMapper(batch, f, infos[f].Cardinality, weights.Span, options, ref missing[f]);
                return;
            }

            if (!idle.TryTake(out var values))
                values = new WeightedSample(sample?.Length ?? batch.RowCount);
            mappers[f] = NumericMapper(batch, f, sample, weights.Span, values, options);
            idle.Add(values);
        });

        var features = Layout(mappers, missing).ToBuilder();
        var offset = features.Count == 0 ? 0 : features[^1].Offset + features[^1].BinCount;
        var (columns, multipliers) = ShareColumns(features, batch.RowCount >= options.MinPackedRows);
        var sparse = batch.Sparse is { } block ? new SparseBinner(block, batch.DenseWidth, weights.Span, options) : null;
        var bundles = sparse?.Columns ?? 0;
        var stride = BinnedMatrix.StrideFor(columns + bundles);
        var codes = Encode(batch, features, columns + bundles, multipliers, stride, out var aligned, out var byColumn, workers);
        if (sparse is null)
            return new BinnedMatrix(batch.RowCount, columns, stride, codes, aligned, byColumn, features.ToImmutable(), null, null);
        sparse.AddFeatures(features, columns, offset);
        for (var b = 0; b < bundles; b++)
        {
            sparse.Encode(b, codes.AsSpan(aligned + columns + b), stride);
            if (byColumn is not null)
                sparse.Encode(b, byColumn.AsSpan((columns + b) * batch.RowCount), 1);
        }

        var (starts, bins) = sparse.Rows();
        return new BinnedMatrix(batch.RowCount, columns + bundles, stride, codes, aligned, byColumn, features.ToImmutable(), bins.Length == 0 ? null : starts, bins);
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
        workers.Ranges(batch.RowCount, EncodeRows, (start, end) =>
        {
            var rows = batch.Dense[(start * width)..(end * width)];
            if (!TensorPrimitives.IsNaNAny(rows))
                return;
            for (; rows.Length > 0; rows = rows[width..])
                for (var f = 0; f < width; f++)
                    if (float.IsNaN(rows[f]))
                        missing[f] = true;
        });
    }

    private static BinMapper NumericMapper(
        FeatureBatch batch, int feature, int[]? sample, ReadOnlySpan<float> weights, WeightedSample values, BinningOptions options)
    {
        var dense = batch.Dense;
        var count = sample?.Length ?? batch.RowCount;
        values.Clear();
        for (var i = 0; i < count; i++)
        {
            var row = sample is null ? i : sample[i];
            var value = dense[row * batch.DenseWidth + feature];
            var weight = weights.IsEmpty ? 1 : weights[row];
            if (!float.IsNaN(value) && weight > 0)
                values.Add(value, weight);
        }

        return BinMapper.Numeric(values.Bounds(options.MaxBins));
    }

    private static BinMapper CategoryMapper(FeatureBatch batch, int feature, int cardinality, ReadOnlySpan<float> weights, BinningOptions options, ref bool missing)
    {
        var dense = batch.Dense;
        var totals = new double[Math.Max(0, cardinality)];
        for (var row = 0; row < batch.RowCount; row++)
        {
            var code = dense[row * batch.DenseWidth + feature];
            if (code >= 0 && code < totals.Length && (int)code == code)
                totals[(int)code] += weights.IsEmpty ? 1 : weights[row];
        }

        var mapper = BinMapper.Categorical(totals, options.MaxBins);
        // Codes beyond the cardinality, and those of rows without weight only, need the missing bin too.
        for (var row = 0; row < batch.RowCount && !missing; row++)
            missing = mapper.Bin(dense[row * batch.DenseWidth + feature]) == mapper.MissingBin;
        return mapper;
    }

    /// <summary>Gives features their columns; returns the number of columns and the multiplier of each feature's bins.</summary>
    private static (int Columns, int[] Multipliers) ShareColumns(ImmutableArray<BinnedFeature>.Builder features, bool share)
    {
        var multipliers = new int[features.Count];
        Array.Fill(multipliers, 1);
        if (!share)
            return (features.Count, multipliers);
        var plan = ColumnPacking.Plan([.. features.Select(f => f.BinCount)]);
        for (var column = 0; column < plan.Length; column++)
        {
            var codes = 1;
            foreach (var f in plan[column])
            {
                multipliers[f] = codes;
                codes *= features[f].BinCount;
            }

            foreach (var f in plan[column])
                features[f] = features[f] with
                {
                    Column = column,
                    BinOfCode = plan[column].Count == 1 ? null : ColumnPacking.BinOfCode(multipliers[f], features[f].BinCount, codes),
                };
        }

        return (plan.Length, multipliers);
    }

    private static byte[] Encode(
        FeatureBatch batch, IReadOnlyList<BinnedFeature> features, int columns, int[] multipliers, int stride,
        out int first, out byte[]? byColumn, Workers workers)
    {
        var rows = batch.RowCount;
        byColumn = null;
        var codes = Allocate(rows, stride, out var aligned);
        first = aligned;
        if (columns == 0)
            return codes;
        var copy = (long)rows * columns <= MaxCopiedBytes ? GC.AllocateUninitializedArray<byte>(rows * columns) : null;
        // Blocks of rows that stay in the second-level cache while one feature after the other is encoded.
        workers.Ranges(rows, EncodeRows, (start, end) =>
        {
            Span<byte> bins = stackalloc byte[EncodeRows];
            bins = bins[..(end - start)];
            for (var f = 0; f < features.Count; f++)
            {
                var feature = features[f];
                feature.Mapper.Encode(batch.Dense[(start * batch.DenseWidth + feature.Source)..], batch.DenseWidth, bins, 1, bins.Length);
                var row = aligned + start * stride + feature.Column;
                if (multipliers[f] == 1)
                {
                    for (var i = 0; i < bins.Length; i++, row += stride)
                        codes[row] = bins[i];
                }
                else
                {
                    for (var i = 0; i < bins.Length; i++, row += stride)
                        codes[row] = bins[i] = (byte)(codes[row] + bins[i] * multipliers[f]);
                }

                if (copy is not null)
                    bins.CopyTo(copy.AsSpan(feature.Column * rows + start));
            }
        });
        byColumn = copy;
        return codes;
    }
}
