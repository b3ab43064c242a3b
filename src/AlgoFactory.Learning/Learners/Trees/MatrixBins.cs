namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The bins of the training rows themselves.</summary>
internal sealed class MatrixBins : IBinSource
{
    private readonly BinnedMatrix _matrix;

    /// <summary>The features of the sparse bins, from <see cref="_firstSparse"/> on.</summary>
    private readonly int[] _featureOfBin;
    private readonly int _firstSparse;

    public MatrixBins(BinnedMatrix matrix)
    {
        _matrix = matrix;
        var sparse = Enumerable.Range(0, matrix.Features.Length).Where(f => matrix.HasSparse && matrix.Features[f].IsSparse).ToArray();
        _firstSparse = sparse.Length == 0 ? 0 : matrix.Features[sparse[0]].Offset;
        _featureOfBin = [.. sparse.SelectMany(f => Enumerable.Repeat(f, matrix.Features[f].BinCount))];
    }

    public bool IsSparse(BinnedFeature feature) => feature.IsSparse;

    public void Read(BinnedFeature feature, int start, Span<byte> bins)
    {
        if (_matrix.ByColumn is { } byColumn)
        {
            byColumn.AsSpan(feature.Column * _matrix.RowCount + start, bins.Length).CopyTo(bins);
        }
        else
        {
            var at = _matrix.First + start * _matrix.Stride + feature.Column;
            for (var i = 0; i < bins.Length; i++, at += _matrix.Stride)
                bins[i] = _matrix.Codes[at];
        }

        if (feature.BinOfCode is { } binOfCode)
            foreach (ref var bin in bins)
                bin = binOfCode[bin];
    }

    public void Scatter(ReadOnlySpan<int> slots, int start, int count, Span<byte> bins, int stride)
    {
        // Every feature may have shared a column or been constant: then nothing is stored.
        if (_matrix.SparseStarts is not { } starts)
            return;
        for (var i = 0; i < count; i++)
        {
            foreach (var bin in _matrix.SparseBins.AsSpan(starts[start + i]..starts[start + i + 1]))
            {
                var feature = _featureOfBin[bin - _firstSparse];
                if (slots[feature] >= 0)
                    bins[slots[feature] * stride + i] = (byte)(bin - _matrix.Features[feature].Offset);
            }
        }
    }
}
