namespace AlgoFactory.Serving.Prediction;

/// <summary>
/// Binds typed values to a model's columns inside the process, without a text between. Find the columns' numbers once with
/// <see cref="Column"/>; they are the same for every request of one <see cref="RowBinder"/>. Not thread-safe.
/// </summary>
public readonly struct RowWriter
{
    private readonly BindingScratch _scratch;

    internal RowWriter(BindingScratch scratch) => _scratch = scratch;

    /// <summary>The number of a column, or -1 when the model has no feature of that name.</summary>
    public int Column(string name)
    {
        var slot = _scratch.Index.Find(name);
        return slot < _scratch.Index.FeatureCount ? slot : -1;
    }

    /// <summary>Sets a number of the row; NaN is missing.</summary>
    /// <exception cref="RowBindingException">The column was set already, or holds no numbers.</exception>
    public void Set(int column, double value)
    {
        _scratch.Enter(column);
        _scratch.SetNumber(column, value);
    }

    /// <summary>Sets a truth value of the row.</summary>
    /// <exception cref="RowBindingException">The column was set already, or holds no truth values.</exception>
    public void Set(int column, bool value)
    {
        _scratch.Enter(column);
        _scratch.SetBoolean(column, value);
    }

    /// <summary>Sets a text of the row in UTF-8: a category, a date, free text; or a number as CSV has it.</summary>
    /// <exception cref="RowBindingException">The column was set already, or the text does not fit it.</exception>
    public void Set(int column, ReadOnlySpan<byte> utf8)
    {
        _scratch.Enter(column);
        _scratch.SetText(column, utf8);
    }

    /// <summary>Ends the row; columns that were not set are missing values.</summary>
    /// <exception cref="RowBindingException">There are too many rows.</exception>
    public void EndRow()
    {
        _scratch.CheckRoom();
        _scratch.EndRow();
    }

    /// <summary>The rows; the writer is used up. Dispose them when the answer is read.</summary>
    public BoundRows End() => _scratch.End();
}
