namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>Part of an array as a matrix; by its strides it can also be another one transposed.</summary>
/// <param name="Data">The array.</param>
/// <param name="Offset">Where the first element stands.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns.</param>
/// <param name="RowStride">From a row to the next.</param>
/// <param name="ColumnStride">From a column to the next.</param>
internal readonly record struct MatrixView(float[] Data, int Offset, int Rows, int Columns, int RowStride, int ColumnStride)
{
    /// <summary>The same numbers, rows as columns.</summary>
    public MatrixView Transposed => new(Data, Offset, Columns, Rows, ColumnStride, RowStride);

    /// <summary>The first rows of an array that holds them one after the other.</summary>
    public static MatrixView Of(float[] data, int rows, int columns) => new(data, 0, rows, columns, columns, 1);

    /// <summary>Some neighbouring columns.</summary>
    public MatrixView ColumnRange(int from, int count) => this with { Offset = Offset + from * ColumnStride, Columns = count };

    /// <summary>A row of a matrix whose columns stand side by side.</summary>
    public Span<float> Row(int row) => Data.AsSpan(Offset + row * RowStride, Columns);

    /// <summary>Refuses what reaches out of the array: the kernels do not look.</summary>
    public void Check()
    {
        var last = Offset + (Rows - 1L) * RowStride + (Columns - 1L) * ColumnStride;
        if (Rows < 0 || Columns < 0 || Offset < 0 || RowStride < 0 || ColumnStride < 0 || (Rows > 0 && Columns > 0 && last >= Data.Length))
            throw new ArgumentException($"A matrix of {Rows} × {Columns} reaches out of its array of {Data.Length}.");
    }
}
