namespace AlgoFactory.Serving.Prediction;

/// <summary>The rows of a request cannot be read or do not fit the model; the message is one clear sentence.</summary>
public sealed class RowBindingException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    /// <param name="message">What is wrong, where, and how to mend it.</param>
    /// <param name="row">The row's index from 0, or -1 when the request as a whole is at fault.</param>
    /// <param name="column">The column's name, or null.</param>
    /// <param name="inner">The cause, or null.</param>
    public RowBindingException(string message, int row = -1, string? column = null, Exception? inner = null) : base(message, inner)
    {
        Row = row;
        Column = column;
    }

    /// <summary>The row's index from 0, or -1.</summary>
    public int Row { get; }

    /// <summary>The column's name, or null.</summary>
    public string? Column { get; }
}
