namespace AlgoFactory.Learning.Features;

/// <summary>
/// Collects the output of featurizers, one after the other, into one <see cref="FeatureBatch"/>. Each featurizer first
/// takes its dense columns with <see cref="AddDense"/> or adds one sparse part with <see cref="AddSparse"/>.
/// </summary>
public sealed class FeatureBatchBuilder
{
    private readonly List<(float[] Values, int Width)> _dense = [];
    private readonly List<SparseBlock> _sparse = [];

    /// <summary>Creates a builder for that many rows.</summary>
    public FeatureBatchBuilder(int rowCount) => RowCount = rowCount;

    /// <summary>Rows.</summary>
    public int RowCount { get; }

    /// <summary>Takes the next <paramref name="width"/> dense columns: rows × width values, row-major, all 0 at first.</summary>
    public Span<float> AddDense(int width)
    {
        var values = new float[RowCount * width];
        _dense.Add((values, width));
        return values;
    }

    /// <summary>Adds a sparse part, to the right of those added before.</summary>
    public void AddSparse(SparseBlock part) => _sparse.Add(part);

    /// <summary>Puts the parts together.</summary>
    public FeatureBatch Build()
    {
        var width = _dense.Sum(d => d.Width);
        var dense = _dense.Count == 1 ? _dense[0].Values : new float[RowCount * width];
        if (_dense.Count > 1)
        {
            var offset = 0;
            foreach (var (values, partWidth) in _dense)
            {
                for (var row = 0; row < RowCount; row++)
                    values.AsSpan(row * partWidth, partWidth).CopyTo(dense.AsSpan(row * width + offset));
                offset += partWidth;
            }
        }

        return new FeatureBatch(RowCount, width, dense, JoinSparse());
    }

    private SparseBlock? JoinSparse()
    {
        if (_sparse.Count <= 1)
            return _sparse.FirstOrDefault();
        var starts = new int[RowCount + 1];
        for (var row = 0; row < RowCount; row++)
            starts[row + 1] = starts[row] + _sparse.Sum(p => p.Indices(row).Length);
        var indices = new int[starts[^1]];
        var values = new float[starts[^1]];
        for (var row = 0; row < RowCount; row++)
        {
            var at = starts[row];
            var offset = 0;
            foreach (var part in _sparse)
            {
                foreach (var index in part.Indices(row))
                    indices[at++] = offset + index;
                part.Values(row).CopyTo(values.AsSpan(at - part.Indices(row).Length));
                offset += part.Width;
            }
        }

        return new SparseBlock([.. _sparse.SelectMany(p => p.PartWidths)], starts, indices, values);
    }
}
