namespace AlgoFactory.Storage;

/// <summary>The metadata database cannot do what is asked; the message is one sentence for the operator.</summary>
public sealed class StorageException : Exception
{
    /// <summary>A sentence that says what, where and how to mend.</summary>
    public StorageException(string message)
        : base(message)
    {
    }

    /// <summary>A sentence that says what, where and how to mend, with the fault behind it.</summary>
    public StorageException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Whether the disk that holds the database is full.</summary>
    public bool IsDiskFull { get; init; }
}
