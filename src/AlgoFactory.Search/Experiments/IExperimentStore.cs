using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Search.Experiments;

/// <summary>How far an experiment has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ExperimentState>))]
public enum ExperimentState
{
    /// <summary>Waits for the worker.</summary>
    [JsonStringEnumMemberName("queued")] Queued,

    /// <summary>Runs.</summary>
    [JsonStringEnumMemberName("running")] Running,

    /// <summary>Ended with a model.</summary>
    [JsonStringEnumMemberName("completed")] Completed,

    /// <summary>Ended without one; <see cref="ExperimentRecord.Error"/> says why.</summary>
    [JsonStringEnumMemberName("failed")] Failed,

    /// <summary>Cancelled by a user.</summary>
    [JsonStringEnumMemberName("cancelled")] Cancelled,

    /// <summary>Runs, and a user has asked to pause it.</summary>
    [JsonStringEnumMemberName("pausing")] Pausing,

    /// <summary>Paused by a user; it can be resumed or removed.</summary>
    [JsonStringEnumMemberName("paused")] Paused,

    /// <summary>Its worker died; it can be resumed or removed.</summary>
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}

/// <summary>What a user asked for.</summary>
public sealed record ExperimentRequest
{
    /// <summary>The data set's id.</summary>
    public required string DatasetId { get; init; }

    /// <summary>The label column; a recommender has none.</summary>
    public string Label { get; init; } = "";

    /// <summary>A recommender's columns, with the task <c>recommend</c>; else null.</summary>
    public RecommendChoice? Recommend { get; init; }

    /// <summary>How a recommender's validation rows are chosen: <c>auto</c>, <c>random</c>, <c>time</c> or <c>leave-one-out</c>.</summary>
    public string Split { get; init; } = "auto";

    /// <summary>The name the model gets in the registry: letters, digits, <c>-</c>, <c>_</c>, <c>.</c>; at most 64.</summary>
    public required string Name { get; init; }

    /// <summary><c>auto</c>, <c>binary</c>, <c>multiclass</c>, <c>regression</c> or <c>recommend</c>.</summary>
    public string Task { get; init; } = "auto";

    /// <summary>The metric; null: the task's default.</summary>
    public string? Metric { get; init; }

    /// <summary>Time budget in seconds; null with a budget in trials, else 60.</summary>
    public double? BudgetSeconds { get; init; }

    /// <summary>Budget in trials; reproducible.</summary>
    public int? Trials { get; init; }

    /// <summary>Who proposes settings; <c>auto</c>: the portfolio, then cost-frugal search.</summary>
    public string Tuner { get; init; } = Tuning.TunerCatalog.Default;

    /// <summary>The learners to try, by id; empty: all that fit the task.</summary>
    public ImmutableArray<string> Learners { get; init; } = [];

    /// <summary>The most time that the model may take for a row, in microseconds on one core of the server; null: any.</summary>
    public double? MaxLatencyMicroseconds { get; init; }

    /// <summary>Whether the best single model is wanted, and no ensemble.</summary>
    public bool SingleModel { get; init; }

    /// <summary>Whether a second layer of models may be served: <c>auto</c>, where it is clearly better, or <c>off</c>.</summary>
    public string Stack { get; init; } = StackChoice.Automatic;

    /// <summary>The seed.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Folds; 0: chosen by data size.</summary>
    public int Folds { get; init; }

    /// <summary>Binary: the positive class; null: the rarer one.</summary>
    public string? Positive { get; init; }

    /// <summary>Binary: how the decision threshold is chosen: <c>auto</c>, a probability, <c>f1</c>, <c>cost:fp=1,fn=5</c>, <c>precision-at-recall=0.8</c> or <c>recall-at-precision=0.8</c>.</summary>
    public string Threshold { get; init; } = "auto";

    /// <summary>The column that orders the rows: newer ones are validated on than trained on. A date stays an input, too. Null: none.</summary>
    public string? Time { get; init; }

    /// <summary>What is left out between training and validation rows of a split by time: <c>7d</c>, or a number in the column's unit.</summary>
    public string? Gap { get; init; }

    /// <summary>Columns to ignore.</summary>
    public ImmutableArray<string> Ignore { get; init; } = [];

    /// <summary>Kinds and roles that the user set, by column; others are as inferred.</summary>
    public ImmutableArray<ColumnOverride> Overrides { get; init; } = [];
}

/// <summary>What a user wants otherwise when an experiment goes on; null: as before.</summary>
public sealed record ResumeRequest
{
    /// <summary>The whole time budget in seconds, what was used of it included.</summary>
    public double? BudgetSeconds { get; init; }

    /// <summary>The whole budget in trials, those that are finished included.</summary>
    public int? Trials { get; init; }

    /// <summary>Who proposes settings.</summary>
    public string? Tuner { get; init; }

    /// <summary>The learners to try from here on, by id; empty: all that fit the task.</summary>
    public ImmutableArray<string>? Learners { get; init; }
}

/// <summary>A column's kind or role as the user wants it; null: as inferred.</summary>
public sealed record ColumnOverride(string Column, ColumnKind? Kind, ColumnRole? Role);

/// <summary>Groups of states.</summary>
public static class ExperimentStates
{
    /// <summary>Whether a worker has it in hand.</summary>
    public static bool IsUnderWay(this ExperimentState state) => state is ExperimentState.Running or ExperimentState.Pausing;

    /// <summary>Whether nothing more will happen unless a user asks.</summary>
    public static bool HasEnded(this ExperimentState state) => state != ExperimentState.Queued && !state.IsUnderWay();
}

/// <summary>A stored experiment.</summary>
public sealed record ExperimentRecord
{
    /// <summary>A generated id.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked for.</summary>
    public required ExperimentRequest Request { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

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

    /// <summary>When it started to run.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The version that it published in the registry under <see cref="ExperimentRequest.Name"/>.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>Whether a user has asked to cancel it.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>The process that runs it, to tell a dead one.</summary>
    public string? Owner { get; init; }

    /// <summary>When the owner last gave a sign of life.</summary>
    public DateTimeOffset? HeartbeatAt { get; init; }

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>Keeps experiments and their trials. Each trial is durable as soon as <see cref="AddTrialAsync"/> returns.</summary>
public interface IExperimentStore
{
    /// <summary>Adds an experiment.</summary>
    Task AddAsync(ExperimentRecord experiment, CancellationToken cancellation);

    /// <summary>
    /// Changes an experiment in one transaction: <paramref name="change"/> gets the record as stored and returns the new
    /// one, or null to leave it. Returns what is stored in the end, or null when it is gone.
    /// </summary>
    Task<ExperimentRecord?> ChangeAsync(string id, Func<ExperimentRecord, ExperimentRecord?> change, CancellationToken cancellation);

    /// <summary>The experiment, or null.</summary>
    Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All experiments, the newest first.</summary>
    Task<ImmutableArray<ExperimentRecord>> ListAsync(CancellationToken cancellation);

    /// <summary>Removes an experiment with its trials; false when there was none.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken cancellation);

    /// <summary>Adds a trial (its rank is not stored). Adding a trial number again replaces it.</summary>
    Task AddTrialAsync(string experimentId, LeaderboardEntry trial, CancellationToken cancellation);

    /// <summary>The trials with a number above <paramref name="after"/>, by number.</summary>
    Task<ImmutableArray<LeaderboardEntry>> TrialsAsync(string experimentId, int after, CancellationToken cancellation);
}
