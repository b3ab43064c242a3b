using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Search.Experiments;

/// <summary>How a recommender's validation rows are chosen.</summary>
public enum InteractionSplit
{
    /// <summary>By time where there is one; else at random, in a ranking of each user.</summary>
    Auto,

    /// <summary>At random.</summary>
    Random,

    /// <summary>The latest of each user.</summary>
    Time,

    /// <summary>One of each user: the latest, or without times any.</summary>
    LeaveOneOut,
}

/// <summary>What an experiment shall do.</summary>
public sealed record ExperimentPlan
{
    /// <summary>The task.</summary>
    public required TaskSpec Task { get; init; }

    /// <summary>The metric to optimise.</summary>
    public required string Metric { get; init; }

    /// <summary>When the fitted model must be there (the budget's end); null under a budget of trials.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Trials to run; null under a budget of time.</summary>
    public int? Trials { get; init; }

    /// <summary>The seed.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Folds; 0: chosen by data size (holdout on large data).</summary>
    public int Folds { get; init; }

    /// <summary>How a recommender's validation rows are chosen.</summary>
    public InteractionSplit Split { get; init; }

    /// <summary>How the decision threshold of a binary task is chosen.</summary>
    public ThresholdRule Threshold { get; init; } = ThresholdRule.Automatic;

    /// <summary>Threads of the whole experiment.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Who proposes settings: one of <see cref="Tuning.TunerCatalog.Names"/>.</summary>
    public string Tuner { get; init; } = Tuning.TunerCatalog.Default;

    /// <summary>Whether the models of a trial's folds may be served as a bag; not where the winner is to learn from more rows afterwards.</summary>
    public bool Bags { get; init; } = true;

    /// <summary>The learners to try, by id; empty: all that fit the task. Baselines are tried in any case.</summary>
    public ImmutableArray<string> Learners { get; init; } = [];

    /// <summary>Memory for features and fits, in bytes; the table's rows are not of it.</summary>
    public long MemoryBytes { get; init; } = long.MaxValue;

    /// <summary>
    /// The most time that the served model may take to predict one row; null: no limit. It is measured, so what is served then
    /// depends on the machine.
    /// </summary>
    public TimeSpan? MaxLatency { get; init; }

    /// <summary>Whether the best trial's one model is wanted, fitted on all rows, instead of a bag or an ensemble.</summary>
    public bool SingleModel { get; init; }

    /// <summary>Whether a second layer over the trials' out-of-fold scores may be served, where it is clearly better.</summary>
    public bool Stack { get; init; } = true;

    /// <summary>Trials that an interrupted run of the same plan had finished: they count, and are not run again.</summary>
    public ImmutableArray<LeaderboardEntry> Finished { get; init; } = [];
}

/// <summary>The rows of an experiment. Rows with a missing label have been left out.</summary>
/// <param name="Train">Training rows.</param>
/// <param name="TrainLabels">Class index or value, one a row.</param>
/// <param name="TrainWeights">One weight a row, or empty.</param>
/// <param name="Schema">The final schema.</param>
/// <param name="Profile">The data set's profile.</param>
public sealed record ExperimentData(
    Frame Train,
    ReadOnlyMemory<float> TrainLabels,
    ReadOnlyMemory<float> TrainWeights,
    Schema Schema,
    DatasetProfile Profile)
{
    /// <summary>The user's own validation rows; null: holdout or folds of <see cref="Train"/>.</summary>
    public (Frame Frame, ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights)? Validation { get; init; }

    /// <summary>One time a row, for splits by time; empty: none.</summary>
    public ReadOnlyMemory<double> Times { get; init; }

    /// <summary>Splits by time: rows newer than the oldest validation row less this are not trained on.</summary>
    public double Gap { get; init; }

    /// <summary>One fold a row, as the user has dealt them; empty: none.</summary>
    public ReadOnlyMemory<int> Folds { get; init; }

    /// <summary>One group a row, for splits that keep groups together; empty: none.</summary>
    public ReadOnlyMemory<int> Groups { get; init; }
}

/// <summary>What happens in an experiment, in order.</summary>
public abstract record ExperimentEvent;

/// <summary>The experiment entered a phase, such as <c>featurizing</c>, <c>searching</c>, <c>refitting</c>.</summary>
public sealed record PhaseChanged(string Phase) : ExperimentEvent;

/// <summary>The data was read and the task is known: how scores are to be read from here on.</summary>
public sealed record TaskChosen(string Task, string Metric, bool HigherIsBetter) : ExperimentEvent;

/// <summary>A trial ended, well or not.</summary>
/// <param name="Entry">Its line of the leaderboard (the rank as of now).</param>
/// <param name="SecondsLeft">Seconds left of the budget, or null.</param>
public sealed record TrialEnded(LeaderboardEntry Entry, double? SecondsLeft) : ExperimentEvent;

/// <summary>A trial is the best so far.</summary>
public sealed record BestChanged(LeaderboardEntry Entry) : ExperimentEvent;

/// <summary>The experiment ended with a model.</summary>
public sealed record ExperimentDone(ExperimentResult Result) : ExperimentEvent;

/// <summary>What an experiment gives.</summary>
/// <param name="Predictor">The winner, refitted on all rows.</param>
/// <param name="Best">The winner's line.</param>
/// <param name="Leaderboard">All trials: by rank, then the failed ones.</param>
/// <param name="Metrics">The winner's out-of-sample metrics by name.</param>
/// <param name="Curves">The winner's out-of-sample curves.</param>
/// <param name="Importance">The winner's importance by source column.</param>
/// <param name="Validation">How scores were validated, in words.</param>
/// <param name="FirstModelAfter">From the runner's start to the first fitted model.</param>
/// <param name="FeatureCount">Features of the winner.</param>
/// <param name="Warnings">Things the user should know.</param>
public sealed record ExperimentResult(
    Predictor Predictor,
    LeaderboardEntry Best,
    ImmutableArray<LeaderboardEntry> Leaderboard,
    ImmutableSortedDictionary<string, double> Metrics,
    ValidationCurves Curves,
    ImmutableArray<ColumnImportance> Importance,
    string Validation,
    TimeSpan FirstModelAfter,
    int FeatureCount,
    ImmutableArray<string> Warnings)
{
    /// <summary>What the served model takes to predict one row, where a limit was set; else null.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>The profile of the out-of-fold predictions; null for recommenders.</summary>
    public PredictionProfile? Predictions { get; init; }

    /// <summary>The learner's name on the line of an ensemble, which is no trial of its own.</summary>
    public const string EnsembleLearner = "ensemble";
}
