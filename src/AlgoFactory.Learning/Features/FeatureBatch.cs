using System.Collections.Immutable;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// The features of some rows: a dense float32 block (row-major) followed by an optional sparse CSR block for text and
/// hashed fields. Feature i is dense column i for i below <see cref="DenseWidth"/>, else sparse column i - DenseWidth.
/// Beside them may stand the rows' images as they are, or their texts as tokens, for networks. Immutable by convention: learners never
/// write to it.
/// </summary>
public sealed class FeatureBatch
{
    /// <summary>Creates a batch over these arrays, which are not copied.</summary>
    /// <param name="rowCount">Rows.</param>
    /// <param name="denseWidth">Dense columns.</param>
    /// <param name="dense">rowCount × denseWidth values, row-major; NaN = missing.</param>
    /// <param name="sparse">The sparse block, or null.</param>
    /// <param name="images">The images, or null.</param>
    /// <param name="tokens">The texts as tokens, or null.</param>
    /// <param name="columns">The rows as they came, or null.</param>
    public FeatureBatch(
        int rowCount, int denseWidth, ReadOnlyMemory<float> dense, SparseBlock? sparse = null, ImageBlock? images = null, TokenBlock? tokens = null, Frame? columns = null)
    {
        if (dense.Length != (long)rowCount * denseWidth)
            throw new ArgumentException($"Dense block has {dense.Length} values for {rowCount} × {denseWidth}.", nameof(dense));
        if (sparse is not null && sparse.RowCount != rowCount)
            throw new ArgumentException("The sparse block has another number of rows.", nameof(sparse));
        if (images is not null && images.RowCount != rowCount)
            throw new ArgumentException("The block of images has another number of rows.", nameof(images));
        if (tokens is not null && tokens.RowCount != rowCount)
            throw new ArgumentException("The block of tokens has another number of rows.", nameof(tokens));
        RowCount = rowCount;
        DenseWidth = denseWidth;
        DenseMemory = dense;
        Sparse = sparse;
        Images = images;
        Tokens = tokens;
        Columns = columns;
    }

    /// <summary>Rows.</summary>
    public int RowCount { get; }

    /// <summary>Dense columns.</summary>
    public int DenseWidth { get; }

    /// <summary>The dense block, row-major.</summary>
    public ReadOnlySpan<float> Dense => DenseMemory.Span;

    /// <summary>The dense block, row-major, where a span cannot go.</summary>
    public ReadOnlyMemory<float> DenseMemory { get; }

    /// <summary>The sparse block, or null when no feature is sparse.</summary>
    public SparseBlock? Sparse { get; }

    /// <summary>The rows' images, or null when the learner did not ask for them.</summary>
    public ImageBlock? Images { get; }

    /// <summary>The rows' texts as tokens, or null when the learner did not ask for them.</summary>
    public TokenBlock? Tokens { get; }

    /// <summary>The rows as they came, for models that read columns themselves; else null.</summary>
    public Frame? Columns { get; }

    /// <summary>All features: dense and sparse columns.</summary>
    public int Width => DenseWidth + (Sparse?.Width ?? 0);

    /// <summary>The dense values of one row.</summary>
    public ReadOnlySpan<float> Row(int row) => Dense.Slice(row * DenseWidth, DenseWidth);

    /// <summary>Copies the given rows, in the given order.</summary>
    public FeatureBatch Take(ReadOnlySpan<int> rows)
    {
        var dense = new float[rows.Length * DenseWidth];
        for (var i = 0; i < rows.Length; i++)
            Row(rows[i]).CopyTo(dense.AsSpan(i * DenseWidth));
        return new FeatureBatch(rows.Length, DenseWidth, dense, Sparse?.Take(rows), Images?.Take(rows), Tokens?.Take(rows), Columns?.Take(rows));
    }
}

/// <summary>Rows of (column, value) pairs, columns ascending within a row; an absent pair is 0.</summary>
public sealed class SparseBlock
{
    private readonly int[] _starts;
    private readonly int[] _indices;
    private readonly float[] _values;

    /// <summary>Creates a block over these arrays, which are not copied. Row r is <c>starts[r] .. starts[r + 1]</c>.</summary>
    public SparseBlock(int width, int[] starts, int[] indices, float[] values) : this([width], starts, indices, values)
    {
    }

    /// <summary>Creates a block of several parts side by side, each made from one column of the data.</summary>
    public SparseBlock(ImmutableArray<int> partWidths, int[] starts, int[] indices, float[] values)
    {
        PartWidths = partWidths;
        Width = partWidths.Sum();
        _starts = starts;
        _indices = indices;
        _values = values;
    }

    /// <summary>Rows.</summary>
    public int RowCount => _starts.Length - 1;

    /// <summary>Columns.</summary>
    public int Width { get; }

    /// <summary>The columns of each part, from left to right; a part's columns are made from one column of the data.</summary>
    public ImmutableArray<int> PartWidths { get; }

    /// <summary>Stored pairs.</summary>
    public int Count => _starts[^1];

    /// <summary>The columns of a row's pairs, ascending.</summary>
    public ReadOnlySpan<int> Indices(int row) => _indices.AsSpan(_starts[row], _starts[row + 1] - _starts[row]);

    /// <summary>The values of a row's pairs.</summary>
    public ReadOnlySpan<float> Values(int row) => _values.AsSpan(_starts[row], _starts[row + 1] - _starts[row]);

    /// <summary>Copies the given rows, in the given order.</summary>
    public SparseBlock Take(ReadOnlySpan<int> rows)
    {
        var starts = new int[rows.Length + 1];
        for (var i = 0; i < rows.Length; i++)
            starts[i + 1] = starts[i] + Indices(rows[i]).Length;
        var indices = new int[starts[^1]];
        var values = new float[starts[^1]];
        for (var i = 0; i < rows.Length; i++)
        {
            Indices(rows[i]).CopyTo(indices.AsSpan(starts[i]));
            Values(rows[i]).CopyTo(values.AsSpan(starts[i]));
        }

        return new SparseBlock(PartWidths, starts, indices, values);
    }

    /// <summary>Rows as columns; a row's pairs keep the order of the rows they come from.</summary>
    internal SparseBlock Transpose()
    {
        var starts = new int[Width + 1];
        foreach (var column in _indices.AsSpan(0, Count))
            starts[column + 1]++;
        for (var column = 0; column < Width; column++)
            starts[column + 1] += starts[column];
        var (next, indices, values) = (starts[..^1], new int[Count], new float[Count]);
        for (var row = 0; row < RowCount; row++)
            for (var i = _starts[row]; i < _starts[row + 1]; i++)
            {
                var at = next[_indices[i]]++;
                (indices[at], values[at]) = (row, _values[i]);
            }

        return new SparseBlock(RowCount, starts, indices, values);
    }
}
