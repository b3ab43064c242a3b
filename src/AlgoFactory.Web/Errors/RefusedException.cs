namespace AlgoFactory.Web.Errors;

/// <summary>
/// A request is refused for a reason its sender can understand and mend: <see cref="Exception.Message"/> is one clear
/// sentence. The API answers it as problem details, pages show the sentence.
/// </summary>
public sealed class RefusedException : Exception
{
    /// <summary>Creates the refusal with its HTTP status (400 to 599) and sentence.</summary>
    public RefusedException(int status, string message) : base(message) => Status = status;

    /// <summary>The HTTP status.</summary>
    public int Status { get; }

    /// <summary>400: what was sent cannot be understood.</summary>
    public static RefusedException Invalid(string message) => new(StatusCodes.Status400BadRequest, message);

    /// <summary>404: there is no such thing.</summary>
    public static RefusedException NotFound(string what, string name) => new(StatusCodes.Status404NotFound, $"There is no {what} '{name}'.");

    /// <summary>409: not in the state that things are in.</summary>
    public static RefusedException Conflict(string message) => new(StatusCodes.Status409Conflict, message);

    /// <summary>413: more than is allowed.</summary>
    public static RefusedException TooLarge(string message) => new(StatusCodes.Status413PayloadTooLarge, message);

    /// <summary>507: the disk or the quota is full.</summary>
    public static RefusedException NoSpace(string message) => new(StatusCodes.Status507InsufficientStorage, message);
}
