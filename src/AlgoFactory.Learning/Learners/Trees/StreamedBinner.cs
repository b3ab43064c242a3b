using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Streaming;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>What is kept of streamed rows.</summary>
/// <param name="Matrix">The bins.</param>
/// <param name="Labels">One label a row.</param>
/// <param name="Weights">One weight a row; empty: all 1.</param>
internal sealed record StreamedRows(BinnedMatrix Matrix, float[] Labels, float[] Weights);

/// <summary>
/// Bins a stream in two passes, so that a row's floats are never held: the first sketches each feature's quantiles and
/// counts its categories, the second encodes the rows. The result depends neither on the chunks nor on the threads.
/// </summary>
internal static class StreamedBinner
{
    /// <summary>Rows read at once: a feature's part is worth a thread's while, and all of them stay near the processor.</summary>
    public const int ChunkRows = 16_384;

    private const int EncodeRows = 512;

    /// <summary>Codes that are counted for one feature; a float tells whole numbers apart up to here.</summary>
    private const int MaxCodes = 1 << 24;

    public static StreamedRows Bin(IFeatureStream stream, BinningOptions options, Workers workers, int chunkRows = ChunkRows)
    {
        var chunk = new FeatureChunk(stream.FeatureInfos.Length, chunkRows, stream.HasWeights);
        var columns = Array.ConvertAll(Enumerable.Range(0, chunk.Width).ToArray(), f => new ColumnCount(stream.FeatureInfos[f].Kind));
        var rows = Count(stream, chunk, columns, workers);
        var mappers = new BinMapper[columns.Length];
        workers.For(mappers.Length, f => mappers[f] = columns[f].Mapper(stream.FeatureInfos[f], options));
        var features = Binner.Layout(mappers, Array.ConvertAll(columns, c => c.HasMissing));
        Array.Clear(columns);

        var stride = BinnedMatrix.StrideFor(features.Length);
        var codes = Binner.Allocate(rows, stride, out var first);
        var matrix = new BinnedMatrix(rows, features.Length, stride, codes, first, null, features, null, null);
        var result = new StreamedRows(matrix, new float[rows], stream.HasWeights ? new float[rows] : []);
        Encode(stream, chunk, result, workers);
        return result;
    }

    private static int Count(IFeatureStream stream, FeatureChunk chunk, ColumnCount[] columns, Workers workers)
    {
        var rows = 0L;
        using var reader = stream.Open(workers.Cancellation);
        while (reader.Read(chunk))
        {
            workers.For(columns.Length, f => columns[f].Add(chunk.Column(f), chunk.Weights));
            rows += chunk.RowCount;
            if (rows > Array.MaxLength)
                throw new LearningException($"The table has more than {Array.MaxLength:N0} rows, the most that the trees can hold at once; train on a sample of the rows.");
        }

        return (int)rows;
    }

    private static void Encode(IFeatureStream stream, FeatureChunk chunk, StreamedRows to, Workers workers)
    {
        var (matrix, row) = (to.Matrix, 0);
        using var reader = stream.Open(workers.Cancellation);
        while (reader.Read(chunk))
        {
            if (chunk.RowCount > matrix.RowCount - row)
                throw Changed();
            chunk.Labels.CopyTo(to.Labels.AsSpan(row));
            chunk.Weights.CopyTo(to.Weights.AsSpan(to.Weights.Length == 0 ? 0 : row));
            workers.Ranges(chunk.RowCount, EncodeRows, (start, end) =>
            {
                foreach (var feature in matrix.Features)
                    feature.Mapper.Encode(
                        chunk.Column(feature.Source)[start..], 1,
                        matrix.Codes.AsSpan(matrix.First + (row + start) * matrix.Stride + feature.Column), matrix.Stride, end - start);
            });
            row += chunk.RowCount;
        }

        if (row < matrix.RowCount)
            throw Changed();
    }

    private static LearningException Changed() =>
        new("The table had another number of rows when it was read again; train when nothing writes to it.");

    /// <summary>What the first pass learns of a feature.</summary>
    private sealed class ColumnCount(FeatureKind kind)
    {
        /// <summary>The weight of a code that no row had.</summary>
        private const double Unseen = -1;

        private readonly QuantileSketch? _sketch = kind == FeatureKind.Numeric ? new QuantileSketch() : null;
        private double[] _weightOfCode = [];

        public bool HasMissing { get; private set; }

        public void Add(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
        {
            if (!HasMissing)
                HasMissing = System.Numerics.Tensors.TensorPrimitives.IsNaNAny(values);
            if (_sketch is not null)
                _sketch.Add(values, weights);
            else
                CountCodes(values, weights);
        }

        public BinMapper Mapper(FeatureInfo info, BinningOptions options)
        {
            if (_sketch is not null)
            {
                var summary = _sketch.Summarize();
                return BinMapper.Numeric(BinBounds.Find(summary.Values, summary.Weights, options.MaxBins));
            }

            var known = new double[info.Cardinality];
            for (var code = 0; code < _weightOfCode.Length; code++)
            {
                if (code < known.Length)
                    known[code] = Math.Max(0, _weightOfCode[code]);
                // Codes of rows without weight only, and those beyond the cardinality, have no bin of their own.
                HasMissing |= _weightOfCode[code] >= 0 && (code >= known.Length || known[code] == 0);
            }

            return BinMapper.Categorical(known, options.MaxBins);
        }

        private void CountCodes(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
        {
            for (var i = 0; i < values.Length; i++)
            {
                var code = values[i];
                if (!(code >= 0 && code < MaxCodes && (int)code == code))
                {
                    HasMissing = true;
                    continue;
                }

                if ((int)code >= _weightOfCode.Length)
                    Grow((int)code);
                ref var weight = ref _weightOfCode[(int)code];
                weight = Math.Max(0, weight) + (weights.IsEmpty ? 1 : weights[i]);
            }
        }

        private void Grow(int code)
        {
            var from = _weightOfCode.Length;
            Array.Resize(ref _weightOfCode, Math.Max(16, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)code + 1)));
            _weightOfCode.AsSpan(from).Fill(Unseen);
        }
    }
}
