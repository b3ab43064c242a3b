using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The bins of rows that are not in the matrix, cut as its features are: dense ones once and for all, a byte a value; sparse
/// ones where they are asked for, as most never are.
/// </summary>
internal sealed class BatchBins : IBinSource
{
    private const int EncodeRows = 512;

    private readonly BinnedMatrix _matrix;
    private readonly FeatureBatch _batch;
    private readonly byte[]?[] _bins;

    public BatchBins(BinnedMatrix matrix, FeatureBatch batch, Workers workers)
    {
        _matrix = matrix;
        _batch = batch;
        BinnedFeature[] dense = [.. matrix.Features.Where(f => !IsSparse(f))];
        _bins = new byte[batch.DenseWidth][];
        foreach (var feature in dense)
            _bins[feature.Source] = new byte[batch.RowCount];
        workers.Ranges(batch.RowCount, EncodeRows, (start, end) =>
        {
            foreach (var feature in dense)
            {
                var from = batch.Dense[(start * batch.DenseWidth + feature.Source)..];
                feature.Mapper.Encode(from, batch.DenseWidth, _bins[feature.Source].AsSpan(start), 1, end - start);
            }
        });
    }

    public bool IsSparse(BinnedFeature feature) => feature.Source >= _batch.DenseWidth;

    public void Read(BinnedFeature feature, int start, Span<byte> bins) => _bins[feature.Source].AsSpan(start, bins.Length).CopyTo(bins);

    public void Scatter(ReadOnlySpan<int> slots, int start, int count, Span<byte> bins, int stride)
    {
        for (var i = 0; i < count && _batch.Sparse is { } sparse; i++)
        {
            var columns = sparse.Indices(start + i);
            var values = sparse.Values(start + i);
            for (var j = 0; j < columns.Length; j++)
            {
                var source = _batch.DenseWidth + columns[j];
                if (source >= _matrix.FeatureOfSource.Length)
                    break;
                var feature = _matrix.FeatureOfSource[source];
                if (feature >= 0 && slots[feature] >= 0)
                    bins[slots[feature] * stride + i] = (byte)_matrix.Features[feature].Mapper.Bin(values[j]);
            }
        }
    }
}
