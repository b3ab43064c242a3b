namespace AlgoFactory.Hosting.Jobs;

/// <summary>The kinds of work; each is a group of jobs and an execution group with a limit of its own.</summary>
internal static class JobGroups
{
    /// <summary>Reading and profiling data sets.</summary>
    public const string Profiles = "profiles";

    /// <summary>Experiments.</summary>
    public const string Experiments = "experiments";

    /// <summary>Scoring files.</summary>
    public const string Batches = "batches";

    /// <summary>Removing what is past its retention.</summary>
    public const string Housekeeping = "housekeeping";

    /// <summary>Watching deployments.</summary>
    public const string Watching = "watching";

    /// <summary>The name that all processes of one installation share in the job store.</summary>
    public const string Scheduler = "algofactory";
}
