namespace AlgoFactory.Hosting;

/// <summary>
/// What was asked cannot be done as asked (an unknown column, a metric that does not fit the task, …); the message is one
/// clear sentence. The command line ends with exit code 2.
/// </summary>
public sealed class UsageException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    public UsageException(string message) : base(message)
    {
    }
}
