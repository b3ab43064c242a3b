namespace AlgoFactory.Serving.Deployments;

/// <summary>What happened to a deployment that an operator may want to hear of.</summary>
public enum DeploymentEventKind
{
    /// <summary>A version could not be loaded; what served before still does.</summary>
    LoadFailed,

    /// <summary>A rollout took a step.</summary>
    StepTaken,

    /// <summary>A guard took a plan back.</summary>
    RolledBack,
}

/// <summary>Something that happened to a deployment by itself, with nobody at the screen.</summary>
/// <param name="Kind">What kind of thing.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Sentence">What happened and why, in one sentence.</param>
/// <param name="At">When.</param>
public sealed record DeploymentEvent(DeploymentEventKind Kind, string Deployment, string Sentence, DateTimeOffset At);

/// <summary>Hears of such events: a log, an alert. Must return at once and not throw.</summary>
public interface IDeploymentObserver
{
    /// <summary>Something happened.</summary>
    void Notice(DeploymentEvent happened);
}
