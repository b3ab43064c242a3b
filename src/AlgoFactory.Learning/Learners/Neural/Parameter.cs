namespace AlgoFactory.Learning.Learners.Neural;

/// <summary>An array that training changes, with its gradient and what the optimizer remembers of each value.</summary>
internal sealed class Parameter
{
    /// <param name="length">Values.</param>
    /// <param name="decays">Whether the penalties hold for it: weights yes, biases and scales no.</param>
    /// <param name="rowLength">
    /// Above 0: a table whose rows are looked up, of which a batch touches few. Only those touched are stepped (lazy steps, as
    /// sparse optimizers do), so that a step costs what the batch holds and not what the table does.
    /// </param>
    public Parameter(int length, bool decays, int rowLength = 0)
    {
        Values = new float[length];
        Gradient = new float[length];
        First = new float[length];
        Second = new float[length];
        Decays = decays;
        Touched = rowLength > 0 ? new TouchedRows(length / rowLength, rowLength) : null;
    }

    public float[] Values { get; }

    /// <summary>The loss's derivative of the batch; of a table only the touched rows are defined.</summary>
    public float[] Gradient { get; }

    /// <summary>The optimizer's first memory of each value.</summary>
    public float[] First { get; }

    /// <summary>Its second one.</summary>
    public float[] Second { get; }

    public bool Decays { get; }

    /// <summary>The rows of a table that the batch has looked up; null: the batch has touched everything.</summary>
    public TouchedRows? Touched { get; }
}

/// <summary>The rows of a table that a batch has touched, each once, in the order in which it met them.</summary>
internal sealed class TouchedRows(int rows, int length)
{
    private readonly int[] _marks = new int[rows];
    private readonly int[] _rows = new int[rows];
    private int _mark;

    /// <summary>Values of a row.</summary>
    public int RowLength => length;

    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Begins a batch.</summary>
    public void Clear() => (Count, _mark) = (0, _mark + 1);

    /// <summary>Notes a row; true when the batch meets it for the first time.</summary>
    public bool Touch(int row)
    {
        if (_marks[row] == _mark)
            return false;
        _marks[row] = _mark;
        _rows[Count++] = row;
        return true;
    }
}
