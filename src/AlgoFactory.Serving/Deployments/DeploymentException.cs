namespace AlgoFactory.Serving.Deployments;

/// <summary>Why a deployment could not be changed.</summary>
public enum DeploymentFault
{
    /// <summary>There is no such deployment, model or version.</summary>
    NotFound,

    /// <summary>Somebody else changed the deployment at the same time, or what is to be deleted is in use.</summary>
    Conflict,

    /// <summary>The change was asked for a revision that is no longer the present one.</summary>
    Outdated,

    /// <summary>The name is not allowed, or the model file cannot serve.</summary>
    Invalid,
}

/// <summary>A deployment cannot be changed as asked; the message is one clear sentence.</summary>
public sealed class DeploymentException : Exception
{
    /// <summary>Creates the error with the sentence that is shown to the user and its cause, if there is one.</summary>
    public DeploymentException(DeploymentFault fault, string message, Exception? inner = null) : base(message, inner) => Fault = fault;

    /// <summary>What kind of error it is.</summary>
    public DeploymentFault Fault { get; }
}
