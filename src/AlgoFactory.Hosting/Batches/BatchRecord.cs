using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Hosting.Prediction;

namespace AlgoFactory.Hosting.Batches;

/// <summary>How far a batch is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BatchState>))]
public enum BatchState
{
    /// <summary>It waits for the worker.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>It runs.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Its scored file is there.</summary>
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>It ended with an error; what was scored is kept for a resume.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>It was cancelled; what was scored is kept for a resume.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    /// <summary>Its worker ended; what was scored is kept for a resume.</summary>
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}

/// <summary>A file that is scored by a model version: the version that its deployment served when it was asked for.</summary>
/// <param name="Id">A generated id.</param>
/// <param name="Deployment">The deployment that was asked.</param>
/// <param name="Model">The model.</param>
/// <param name="Version">Its version.</param>
/// <param name="Hash">That version's hash.</param>
/// <param name="Name">The name of the file that is scored, for people.</param>
/// <param name="Format"><c>csv</c> or <c>parquet</c>: what is written.</param>
/// <param name="State">How far it is.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="CreatedBy">The name of the key that asked.</param>
public sealed record BatchRecord(
    string Id, string Deployment, string Model, int Version, string Hash, string Name, string Format, BatchState State, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>The id of the key that asked.</summary>
    public string Key { get; init; } = "";

    /// <summary>The file below the batch's folder; null: the data set's.</summary>
    public string? Input { get; init; }

    /// <summary>The registered data set that is scored, or null.</summary>
    public string? Dataset { get; init; }

    /// <summary>What is written beside the predictions.</summary>
    public ScoredFileOptions Options { get; init; } = ScoredFileOptions.Default;

    /// <summary>When it began.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Records read so far.</summary>
    public long Rows { get; init; }

    /// <summary>Those that could not be read: they have no prediction, and the column <c>error</c> says why.</summary>
    public long Errors { get; init; }

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>The process that runs it.</summary>
    public string? Worker { get; init; }

    /// <summary>How often it was begun since it was asked for or resumed.</summary>
    public int Attempts { get; init; }

    /// <summary>Whether it waits or runs.</summary>
    [JsonIgnore]
    public bool IsOpen => State is BatchState.Queued or BatchState.Running;
}
