using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Web.Experiments;

/// <summary>An experiment as the API and the pages show it; also the <c>state</c> event's data.</summary>
public sealed record ExperimentView
{
    /// <summary>The generated id.</summary>
    public required string Id { get; init; }

    /// <summary>The name its model gets in the registry.</summary>
    public required string Name { get; init; }

    /// <summary>How far it has come.</summary>
    public required ExperimentState State { get; init; }

    /// <summary>The phase it is in, in one word.</summary>
    public string? Phase { get; init; }

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The task that was found.</summary>
    public string? Task { get; init; }

    /// <summary>The metric in use.</summary>
    public string? Metric { get; init; }

    /// <summary>Whether more of the metric is better.</summary>
    public bool HigherIsBetter { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it started to run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether a user has asked to cancel it.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>The version that it published under <see cref="Name"/>.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>What was asked for.</summary>
    public required ExperimentRequest Request { get; init; }

    /// <summary>The view of a stored experiment.</summary>
    public static ExperimentView Of(ExperimentRecord record) => new()
    {
        Id = record.Id,
        Name = record.Request.Name,
        State = record.State,
        Phase = record.Phase,
        Error = record.Error,
        Task = record.Task,
        Metric = record.Metric,
        HigherIsBetter = record.HigherIsBetter,
        CreatedAt = record.CreatedAt,
        StartedAt = record.StartedAt,
        EndedAt = record.EndedAt,
        CancelRequested = record.CancelRequested,
        ModelVersion = record.ModelVersion,
        Warnings = record.Warnings,
        Request = record.Request,
    };

    /// <summary>Whether nothing more will happen to it unless a user asks.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public bool HasEnded => State.HasEnded();
}

/// <summary>An experiment's trials by rank, failed ones last.</summary>
/// <param name="Experiment">The experiment.</param>
/// <param name="Leaderboard">The trials.</param>
public sealed record LeaderboardView(ExperimentView Experiment, ImmutableArray<LeaderboardEntry> Leaderboard);
