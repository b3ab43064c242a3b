namespace AlgoFactory.Learning.Artefacts;

/// <summary>A model file is broken, hostile or of a version this program does not know; the message is one clear sentence.</summary>
public sealed class ArtefactFormatException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user.</summary>
    public ArtefactFormatException(string message) : base(message)
    {
    }

    /// <summary>Creates the error with the sentence that is shown to the user and its cause.</summary>
    public ArtefactFormatException(string message, Exception inner) : base(message, inner)
    {
    }
}
