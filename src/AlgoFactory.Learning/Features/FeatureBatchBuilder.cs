using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Collects the output of featurizers, one after the other, into one <see cref="FeatureBatch"/>. Each featurizer first
/// takes its dense columns with <see cref="AddDense"/> or adds one sparse part with <see cref="AddSparse"/>.
/// </summary>
public sealed class FeatureBatchBuilder
{
    private readonly List<(float[] Values, int Width)> _dense = [];
    private readonly List<SparseBlock> _sparse = [];
    private ImageBlock? _images;
    private TokenBlock? _tokens;
    private Frame? _columns;

    // One row's parts stand side by side as they come: they need no putting together, and a reused builder no new memory.
    private float[] _row = [];
    private int _rowWidth;
    private FeatureBatch? _rowBatch;

    [ThreadStatic]
    private static FeatureBatchBuilder? _spare;

    // The spare of whoever predicts inside a prediction, as a stack's first layer does.
    private FeatureBatchBuilder? _inner;

    /// <summary>Creates a builder for that many rows.</summary>
    public FeatureBatchBuilder(int rowCount) => RowCount = rowCount;

    /// <summary>Rows.</summary>
    public int RowCount { get; private set; }

    /// <summary>The thread's spare builder, or a new one. <see cref="Return"/> it when the batch it built is used no more.</summary>
    public static FeatureBatchBuilder Rent(int rowCount)
    {
        var builder = _spare ?? new FeatureBatchBuilder(rowCount);
        // Taken, so that whoever predicts inside a prediction gets another one.
        (_spare, builder._inner) = (builder._inner, null);
        builder.RowCount = rowCount;
        builder._dense.Clear();
        builder._sparse.Clear();
        (builder._images, builder._tokens, builder._columns) = (null, null, null);
        builder._rowWidth = 0;
        return builder;
    }

    /// <summary>Keeps the builder for the thread's next <see cref="Rent"/>.</summary>
    public void Return()
    {
        // The parts of many rows would stay in memory.
        _dense.Clear();
        _sparse.Clear();
        (_images, _tokens, _columns) = (null, null, null);
        // One inside another and no more: nothing nests deeper.
        if (_spare?._inner is not null)
            return;
        (_inner, _spare) = (_spare, this);
    }

    /// <summary>Takes the next <paramref name="width"/> dense columns: rows × width values, row-major, all 0 at first.</summary>
    public Span<float> AddDense(int width) => AddDenseMemory(width).Span;

    /// <summary>The same, for writers on several threads.</summary>
    public Memory<float> AddDenseMemory(int width)
    {
        if (RowCount == 1)
        {
            var start = _rowWidth;
            _rowWidth += width;
            if (_row.Length < _rowWidth)
                Array.Resize(ref _row, Math.Max(_rowWidth, 2 * _row.Length));
            var part = _row.AsMemory(start, width);
            part.Span.Clear();
            return part;
        }

        var values = new float[checked(RowCount * width)];
        _dense.Add((values, width));
        return values;
    }

    /// <summary>Adds a sparse part, to the right of those added before.</summary>
    public void AddSparse(SparseBlock part) => _sparse.Add(part);

    /// <summary>Sets the rows' images.</summary>
    public void SetImages(ImageBlock images) => _images = images;

    /// <summary>Sets the rows' texts as tokens.</summary>
    public void SetTokens(TokenBlock tokens) => _tokens = tokens;

    /// <summary>Hands the rows on as they are.</summary>
    public void SetColumns(Frame columns) => _columns = columns;

    /// <summary>Puts the parts together.</summary>
    public FeatureBatch Build()
    {
        if (RowCount == 1)
            return BuildRow();
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

        return new FeatureBatch(RowCount, width, dense, JoinSparse(), _images, _tokens, _columns);
    }

    private FeatureBatch BuildRow()
    {
        if (_sparse.Count > 0 || _images is not null || _tokens is not null || _columns is not null)
            return new FeatureBatch(1, _rowWidth, _row.AsMemory(0, _rowWidth), JoinSparse(), _images, _tokens, _columns);
        if (_rowBatch is not { } batch || batch.DenseWidth != _rowWidth || !_row.AsSpan(0, _rowWidth).Overlaps(batch.Dense))
            _rowBatch = batch = new FeatureBatch(1, _rowWidth, _row.AsMemory(0, _rowWidth));
        return batch;
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
