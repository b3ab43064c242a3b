namespace AlgoFactory.Serving.Registry;

/// <summary>There is no such model or version, or its name is not allowed; the message is one clear sentence.</summary>
public sealed class RegistryException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    public RegistryException(string message) : base(message)
    {
    }
}
