using System.Collections.Immutable;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Streaming;

/// <summary>The dense rows of batches as a stream: for rows that a pipeline makes batch by batch, each time anew.</summary>
/// <param name="infos">The features.</param>
/// <param name="hasWeights">Whether the batches have weights.</param>
/// <param name="batches">Makes the batches from the first on. Weights are empty when all are 1.</param>
public sealed class BatchFeatureStream(
    ImmutableArray<FeatureInfo> infos, bool hasWeights,
    Func<CancellationToken, IEnumerable<LabelledBatch>> batches) : IFeatureStream
{
    /// <inheritdoc/>
    public ImmutableArray<FeatureInfo> FeatureInfos => infos;

    /// <inheritdoc/>
    public bool HasWeights => hasWeights;

    /// <summary>The rows of a training set, which may not have sparse features.</summary>
    public static BatchFeatureStream Of(TrainingSet data) =>
        new(data.FeatureInfos, !data.Weights.IsEmpty, _ => [new LabelledBatch(data.Features, data.Labels, data.Weights)]);

    /// <inheritdoc/>
    public IFeatureReader Open(CancellationToken cancellation) => new Reader(batches(cancellation).GetEnumerator(), hasWeights);

    private sealed class Reader(IEnumerator<LabelledBatch> batches, bool hasWeights) : IFeatureReader
    {
        private LabelledBatch? _batch;
        private int _row;

        public bool Read(FeatureChunk chunk)
        {
            var filled = 0;
            while (filled < chunk.Capacity)
            {
                if (_batch is null || _row == _batch.Features.RowCount)
                {
                    if (!batches.MoveNext())
                        break;
                    _row = 0;
                    _batch = Checked(batches.Current, chunk.Width);
                    continue;
                }

                var count = Math.Min(chunk.Capacity - filled, _batch.Features.RowCount - _row);
                Copy(_batch, chunk, filled, count);
                _row += count;
                filled += count;
            }

            chunk.Fill(filled);
            return filled > 0;
        }

        public void Dispose() => batches.Dispose();

        private void Copy(LabelledBatch batch, FeatureChunk chunk, int filled, int count)
        {
            // Rows on the outside: a row's values share cache lines, and one line of each column stays in the cache.
            var values = batch.Features.Dense.Slice(_row * chunk.Width, count * chunk.Width);
            var room = chunk.Room;
            for (var row = 0; row < count; row++)
                for (var f = 0; f < chunk.Width; f++)
                    room[f * chunk.Capacity + filled + row] = values[row * chunk.Width + f];
            batch.Labels.Span.Slice(_row, count).CopyTo(chunk.LabelRoom[filled..]);
            if (!hasWeights)
                return;
            var weights = chunk.WeightRoom.Slice(filled, count);
            if (batch.Weights.IsEmpty)
                weights.Fill(1);
            else
                batch.Weights.Span.Slice(_row, count).CopyTo(weights);
        }

        private static LabelledBatch Checked(LabelledBatch batch, int width)
        {
            if (batch.Features.Sparse is not null)
                throw new LearningException("Sparse features, such as words of texts, cannot be streamed; leave out the text columns.");
            if (batch.Features.DenseWidth != width)
                throw new ArgumentException($"The stream has {width} features, a batch {batch.Features.DenseWidth}.");
            return batch;
        }
    }
}

/// <summary>Rows with their labels and, unless all are 1, their weights.</summary>
public sealed record LabelledBatch(FeatureBatch Features, ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights);
