namespace AlgoFactory.Data;

/// <summary>
/// The data, not the program, is at fault. <see cref="Exception.Message"/> is one clear sentence for the person who
/// owns the data: what is wrong, where, and how to mend it. It never holds a path of the host other than the one given.
/// </summary>
public sealed class DataFormatException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    public DataFormatException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with the sentence that is shown to the user and its cause.</summary>
    public DataFormatException(string message, Exception inner) : base(message, inner)
    {
    }
}
