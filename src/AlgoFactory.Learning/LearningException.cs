namespace AlgoFactory.Learning;

/// <summary>
/// A learner, metric or model cannot do what was asked, for a reason that the user can understand and mend:
/// <see cref="Exception.Message"/> is that one sentence.
/// </summary>
public sealed class LearningException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    public LearningException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with the sentence that is shown to the user and its cause.</summary>
    public LearningException(string message, Exception inner) : base(message, inner)
    {
    }
}
