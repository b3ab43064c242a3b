using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace AlgoFactory.Serving.Monitoring;

/// <summary>How far a retraining has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RetrainingState>))]
public enum RetrainingState
{
    /// <summary>Its data set is being made and read.</summary>
    [JsonStringEnumMemberName("preparing")] Preparing,

    /// <summary>The challenger is being trained.</summary>
    [JsonStringEnumMemberName("training")] Training,

    /// <summary>The challenger is better and waits for somebody's yes.</summary>
    [JsonStringEnumMemberName("waiting")] Waiting,

    /// <summary>The challenger serves.</summary>
    [JsonStringEnumMemberName("promoted")] Promoted,

    /// <summary>The challenger is not better, or somebody said no.</summary>
    [JsonStringEnumMemberName("rejected")] Rejected,

    /// <summary>It could not be done; the message says why.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>What a comparison of a challenger with the live version says, beyond chance.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ChallengerVerdict>))]
public enum ChallengerVerdict
{
    /// <summary>They have not been compared.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary>The challenger is better: the whole interval of its gain is above 0.</summary>
    [JsonStringEnumMemberName("better")] Better,

    /// <summary>The difference may be chance: the interval holds 0.</summary>
    [JsonStringEnumMemberName("undecided")] Undecided,

    /// <summary>The challenger is worse: the whole interval is below 0.</summary>
    [JsonStringEnumMemberName("worse")] Worse,
}

/// <summary>One attempt to replace a live version by one trained on newer rows.</summary>
/// <param name="Id">A generated id.</param>
/// <param name="Deployment">The deployment.</param>
/// <param name="Reason">Why: <c>schedule</c>, <c>drift</c>, <c>performance</c>, or who asked.</param>
/// <param name="StartedAt">When.</param>
/// <param name="State">How far it has come.</param>
/// <param name="Model">The live model.</param>
/// <param name="Version">The live version.</param>
public sealed record Retraining(string Id, string Deployment, string Reason, DateTimeOffset StartedAt, RetrainingState State, string Model, int Version)
{
    /// <summary>The data set that was made of logged rows, or was given.</summary>
    public string? DatasetId { get; init; }

    /// <summary>Labelled rows that it was trained on.</summary>
    public long Rows { get; init; }

    /// <summary>No row that it was trained on is newer than this; the newer ones compare the two versions.</summary>
    public DateTimeOffset? TrainedUntil { get; init; }

    /// <summary>The experiment that trained it.</summary>
    public string? ExperimentId { get; init; }

    /// <summary>The version that came of it.</summary>
    public int? Challenger { get; init; }

    /// <summary>The metric that the two are compared by.</summary>
    public string? Metric { get; init; }

    /// <summary>The live version's score on the newest window.</summary>
    public double? LiveScore { get; init; }

    /// <summary>The challenger's score there.</summary>
    public double? ChallengerScore { get; init; }

    /// <summary>The lower end of the 95 % interval of the challenger's gain: the scores' difference, above 0 where the challenger is better.</summary>
    public double? GainLow { get; init; }

    /// <summary>The upper end of that interval.</summary>
    public double? GainHigh { get; init; }

    /// <summary>What that says.</summary>
    public ChallengerVerdict Verdict => (GainLow, GainHigh) switch
    {
        (null, _) or (_, null) => ChallengerVerdict.None,
        ( > 0, _) => ChallengerVerdict.Better,
        (_, < 0) => ChallengerVerdict.Worse,
        _ => ChallengerVerdict.Undecided,
    };

    /// <summary>Rows of the newest window.</summary>
    public int ComparedRows { get; init; }

    /// <summary>What came of it, or why it failed.</summary>
    public string? Message { get; init; }

    /// <summary>Who promoted or rejected it: a key's name, or <c>policy</c>.</summary>
    public string? DecidedBy { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether nothing more will happen to it.</summary>
    [JsonIgnore]
    public bool HasEnded => State is RetrainingState.Promoted or RetrainingState.Rejected or RetrainingState.Failed;
}
