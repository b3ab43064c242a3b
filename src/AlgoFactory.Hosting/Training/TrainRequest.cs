using System.Collections.Immutable;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Hosting.Training;

/// <summary>What the train use case is asked, by the CLI and by the worker alike.</summary>
public sealed record TrainRequest
{
    /// <summary>The training file.</summary>
    public required string File { get; init; }

    /// <summary>The file's name for people, without folders (the stored one is generated).</summary>
    public required string DataName { get; init; }

    /// <summary>How to read it.</summary>
    public ReadOptions Read { get; init; } = new();

    /// <summary>The label column; a recommender's is not looked at.</summary>
    public required string Label { get; init; }

    /// <summary>The columns of a recommender, with the task <c>recommend</c>; else null.</summary>
    public RecommendChoice? Recommend { get; init; }

    /// <summary>How a recommender's validation rows are chosen: <c>auto</c>, <c>random</c>, <c>time</c> or <c>leave-one-out</c>.</summary>
    public string Split { get; init; } = "auto";

    /// <summary><c>auto</c>, <c>binary</c>, <c>multiclass</c>, <c>regression</c> or <c>recommend</c>.</summary>
    public string Task { get; init; } = "auto";

    /// <summary>The metric; null: auc / logloss / rmse.</summary>
    public string? Metric { get; init; }

    /// <summary>Time budget, counted from <see cref="StartedAt"/>; null with <see cref="Trials"/>.</summary>
    public TimeSpan? Budget { get; init; }

    /// <summary>Budget in trials; the constant baseline comes on top.</summary>
    public int? Trials { get; init; }

    /// <summary>When the command (or job) began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The seed.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Who proposes settings; <c>auto</c>: the portfolio, then cost-frugal search.</summary>
    public string Tuner { get; init; } = TunerCatalog.Default;

    /// <summary>A validation file with the same columns, or null.</summary>
    public string? ValidationFile { get; init; }

    /// <summary>Folds; 0: chosen by data size.</summary>
    public int Folds { get; init; }

    /// <summary>The column that orders the rows: newer ones are validated on than trained on. A date stays an input, too. Null: none.</summary>
    public string? Time { get; init; }

    /// <summary>What is left out between training and validation rows of a split by time: <c>7d</c>, or a number in the column's unit.</summary>
    public string? Gap { get; init; }

    /// <summary>How the decision threshold of a binary task is chosen; see <see cref="Learning.ThresholdRule"/>.</summary>
    public string Threshold { get; init; } = "auto";

    /// <summary>Columns to ignore.</summary>
    public ImmutableArray<string> Ignore { get; init; } = [];

    /// <summary>Kinds and roles that the user set.</summary>
    public ImmutableArray<ColumnOverride> Overrides { get; init; } = [];

    /// <summary>Binary: the positive class; null: the rarer one.</summary>
    public string? Positive { get; init; }

    /// <summary>The most time that the model may take to predict one row; null: no limit.</summary>
    public TimeSpan? MaxLatency { get; init; }

    /// <summary>Whether the best trial's one model is wanted, fitted on all rows, instead of a bag or an ensemble.</summary>
    public bool SingleModel { get; init; }

    /// <summary>Whether a second layer of models may be served: <c>auto</c>, where it is clearly better, or <c>off</c>.</summary>
    public string Stack { get; init; } = StackChoice.Automatic;

    /// <summary>Where the model goes.</summary>
    public required string OutputPath { get; init; }

    /// <summary>Threads.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>The memory that the run may take, in bytes; three quarters of the machine's (or the container's) unless given.</summary>
    public long MemoryBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;

    /// <summary>
    /// The most memory that the table's rows may take, in bytes; of larger tables the search sees a sample. A third of all
    /// leaves room for the features made of them.
    /// </summary>
    public long MaxTableBytes { get => field > 0 ? field : MemoryBytes / 3; init; }

    /// <summary>The learners to try, by id; empty: all that fit the task.</summary>
    public ImmutableArray<string> Learners { get; init; } = [];

    /// <summary>
    /// Trials that an interrupted run of the same request had finished; they are not run again, and the time until the last of
    /// them ended is taken off the budget.
    /// </summary>
    public ImmutableArray<LeaderboardEntry> Finished { get; init; } = [];

    /// <summary>Whether finished trials are kept in a file beside the model until that is saved.</summary>
    public bool KeepJournal { get; init; }

    /// <summary>Whether to go on with that file's trials; it takes the place of <see cref="Finished"/>.</summary>
    public bool Resume { get; init; }

    /// <summary>Whether that file's trials may be dropped; without it and <see cref="Resume"/> a run does not start while there are any.</summary>
    public bool Fresh { get; init; }
}

/// <summary>What the train use case gives; also the JSON object of <c>train --json</c>.</summary>
public sealed record TrainReport
{
    /// <summary>binary, multiclass, regression, rating or ranking.</summary>
    public required string Task { get; init; }

    /// <summary>The metric in use.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether more of it is better.</summary>
    public required bool HigherIsBetter { get; init; }

    /// <summary>Training rows.</summary>
    public required long Rows { get; init; }

    /// <summary>Features of the winner.</summary>
    public required int Features { get; init; }

    /// <summary>From <see cref="TrainRequest.StartedAt"/> to the saved model.</summary>
    public required double ElapsedSeconds { get; init; }

    /// <summary>From <see cref="TrainRequest.StartedAt"/> to the first fitted model.</summary>
    public required double FirstModelSeconds { get; init; }

    /// <summary>The time budget, or null.</summary>
    public double? BudgetSeconds { get; init; }

    /// <summary>What the model takes to predict one row in microseconds, where a limit was set; else null.</summary>
    public double? LatencyMicroseconds { get; init; }

    /// <summary>Trials run, failed ones too; baselines do not count.</summary>
    public required int Trials { get; init; }

    /// <summary>The winner.</summary>
    public required BestTrial Best { get; init; }

    /// <summary>All trials, failed ones last.</summary>
    public required ImmutableArray<LeaderboardEntry> Leaderboard { get; init; }

    /// <summary>Binary: the probability from which the positive class is predicted; else null.</summary>
    public double? Threshold { get; init; }

    /// <summary>How probabilities were calibrated: platt, isotonic or temperature; null: they were not.</summary>
    public string? Calibration { get; init; }

    /// <summary>The model file's path.</summary>
    public required string Model { get; init; }

    /// <summary>Things the user should know.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>The winner of a sweep.</summary>
public sealed record BestTrial(string Learner, double Score, ImmutableSortedDictionary<string, object> Parameters);
