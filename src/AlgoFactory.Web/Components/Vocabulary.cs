using AlgoFactory.Hosting.Batches;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Learning.Stacking;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;

namespace AlgoFactory.Web.Components;

/// <summary>How a badge or a message is coloured.</summary>
public enum Tone
{
    /// <summary>Grey: nothing to note.</summary>
    Neutral,

    /// <summary>The product's colour: chosen, or under way.</summary>
    Brand,

    /// <summary>Green: well.</summary>
    Good,

    /// <summary>Amber: look at it.</summary>
    Warn,

    /// <summary>Red: failed.</summary>
    Bad,
}

/// <summary>The words that pages use for the values of the contracts.</summary>
internal static class Vocabulary
{
    private static readonly Dictionary<string, string> LearnerNames =
        new(ProgramLearners.Catalog.All.Select(l => KeyValuePair.Create(l.Info.Id, l.Info.Name)), StringComparer.Ordinal)
        {
            [ExperimentResult.EnsembleLearner] = "Ensemble",
            [StackedModel.LearnerId] = "Two layers",
            [OnnxImport.Learner] = "ONNX file",
        };

    /// <summary>The metrics a task can be optimised for, the default first.</summary>
    public static IReadOnlyList<string> MetricsOf(string? task) => task switch
    {
        "binary" => ["auc", "logloss", "accuracy", "f1", "precision", "recall", "prAuc", "brier"],
        "multiclass" => ["logloss", "accuracy", "macroF1", "macroAuc"],
        "regression" => ["rmse", "mae", "r2", "mape", "medianAe"],
        "rating" => ["rmse", "mae", "r2"],
        "ranking" => ["ndcg@10", "recall@20", "hr@10", "map@10"],
        _ => [],
    };

    /// <summary>A metric's name for people.</summary>
    public static string Metric(string name) => name switch
    {
        "auc" => "ROC AUC",
        "macroAuc" => "Macro ROC AUC",
        "prAuc" => "PR AUC",
        "logloss" => "Log loss",
        "accuracy" => "Accuracy",
        "f1" => "F1",
        "macroF1" => "Macro F1",
        "precision" => "Precision",
        "recall" => "Recall",
        "brier" => "Brier score",
        "rmse" => "RMSE",
        "mae" => "MAE",
        "r2" => "R²",
        "mape" => "MAPE",
        "medianAe" => "Median abs. error",
        "ndcg@10" => "NDCG@10",
        "recall@20" => "Recall@20",
        "hr@10" => "Hit rate@10",
        "map@10" => "MAP@10",
        _ => name,
    };

    /// <summary>What a metric tells, in half a sentence.</summary>
    public static string MetricHelp(string name) => name switch
    {
        "auc" => "how often a positive row is ranked above a negative one; 0.5 is chance, 1 is perfect",
        "macroAuc" => "the mean over the classes of one-against-the-rest ROC AUC",
        "prAuc" => "area under precision against recall; good for rare positives",
        "logloss" => "how surprised the probabilities are by the truth; lower is better",
        "accuracy" => "share of rows predicted right",
        "f1" => "harmonic mean of precision and recall",
        "macroF1" => "F1 averaged over the classes",
        "precision" => "share of predicted positives that are positive",
        "recall" => "share of positives that are found",
        "brier" => "mean squared error of the probability; lower is better",
        "rmse" => "root of the mean squared error, in the target's unit",
        "mae" => "mean absolute error, in the target's unit",
        "r2" => "share of the target's variance that is explained; 1 is perfect",
        "mape" => "mean absolute error relative to the target",
        "medianAe" => "half of the rows are predicted at least this closely",
        "ndcg@10" => "how high the held-out items stand among a user's first 10; 1 is perfect",
        "recall@20" => "share of a user's held-out items among the first 20",
        "hr@10" => "share of users with a held-out item among the first 10",
        "map@10" => "mean precision down to each held-out item among the first 10",
        _ => "",
    };

    /// <summary>A task's name for people.</summary>
    public static string Task(string? task) => task switch
    {
        "binary" => "Binary classification",
        "multiclass" => "Multiclass classification",
        "regression" => "Regression",
        "rating" => "Recommendations from ratings",
        "ranking" => "Recommendations",
        _ => "Chosen from the target",
    };

    /// <summary>What a model does, in half a sentence.</summary>
    public static string Aim(TaskSpec task) => task.Columns is { } columns ? Recommends(columns.Item, columns.User) : $"predicts {task.Label}";

    /// <summary>What an experiment is for, in half a sentence.</summary>
    public static string Aim(ExperimentRequest request) =>
        request.Recommend is { } columns ? Recommends(columns.Item, columns.User) : $"predicts {request.Label}";

    private static string Recommends(string item, string user) => $"recommends {item} to {user}";

    /// <summary>A learner's name for people; an unknown id is shown as it is.</summary>
    public static string Learner(string id) => LearnerNames.GetValueOrDefault(id, id);

    /// <summary>Whether a learner is the bar that others must clear.</summary>
    public static bool IsBaseline(string id) => ProgramLearners.Catalog.All.Any(l => l.Info.Id == id && l.Info.IsBaseline);

    /// <summary>The learners that a sweep of a task may try, baselines aside; of tables' tasks where the task is not known.</summary>
    public static IEnumerable<(string Id, string Name, string? Unavailable)> LearnersOf(string? task)
    {
        var kinds = Enum.TryParse<TaskKinds>(task, ignoreCase: true, out var known) ? known : TaskKinds.All;
        return ProgramLearners.Catalog.All.Where(l => (l.Info.Tasks & kinds) != 0 && !IsBaseline(l.Info.Id)).Select(l => (l.Info.Id, l.Info.Name, l.Unavailable));
    }

    /// <summary>All learners that a sweep may try, baselines aside, with the tasks that they suit as the API writes them.</summary>
    public static IEnumerable<(string Id, string Name, string? Unavailable, string Tasks)> Learners =>
        from learner in ProgramLearners.Catalog.All
        where !IsBaseline(learner.Info.Id)
        let tasks = Enum.GetValues<TaskKinds>().Where(k => int.PopCount((int)k) == 1 && learner.Info.Tasks.HasFlag(k)).Select(k => k.ToString().ToLowerInvariant())
        select (learner.Info.Id, learner.Info.Name, learner.Unavailable, string.Join(' ', tasks));

    /// <summary>A kind as the API writes it, and its icon.</summary>
    public static (string Name, string Icon) Kind(ColumnKind kind) => kind switch
    {
        ColumnKind.Numeric => ("numeric", "hash"),
        ColumnKind.Boolean => ("boolean", "toggle-on"),
        ColumnKind.Categorical => ("categorical", "tags"),
        ColumnKind.DateTime => ("datetime", "calendar3"),
        ColumnKind.Text => ("text", "fonts"),
        ColumnKind.Image => ("image", "image"),
        ColumnKind.Identifier => ("identifier", "fingerprint"),
        _ => ("constant", "dash-lg"),
    };

    /// <summary>A role as the API writes it, with its colour.</summary>
    public static (string Name, Tone Tone) Role(ColumnRole role) => role switch
    {
        ColumnRole.Feature => ("feature", Tone.Neutral),
        ColumnRole.Label => ("label", Tone.Brand),
        ColumnRole.Weight => ("weight", Tone.Warn),
        ColumnRole.Group => ("group", Tone.Warn),
        ColumnRole.Time => ("time", Tone.Warn),
        ColumnRole.Fold => ("fold", Tone.Warn),
        _ => ("ignore", Tone.Neutral),
    };

    /// <summary>A state's word and colour; live states pulse.</summary>
    public static (string Name, Tone Tone, bool Live) State(DatasetState state) => state switch
    {
        DatasetState.Ready => ("ready", Tone.Good, false),
        DatasetState.Failed => ("failed", Tone.Bad, false),
        _ => ("profiling", Tone.Brand, true),
    };

    /// <summary>A state's word and colour; live states pulse.</summary>
    public static (string Name, Tone Tone, bool Live) State(ExperimentState state) => state switch
    {
        ExperimentState.Queued => ("queued", Tone.Neutral, true),
        ExperimentState.Running => ("running", Tone.Brand, true),
        ExperimentState.Completed => ("completed", Tone.Good, false),
        ExperimentState.Failed => ("failed", Tone.Bad, false),
        ExperimentState.Pausing => ("pausing", Tone.Brand, true),
        ExperimentState.Paused => ("paused", Tone.Warn, false),
        ExperimentState.Interrupted => ("interrupted", Tone.Warn, false),
        _ => ("cancelled", Tone.Neutral, false),
    };

    /// <summary>A state's word and colour; live states pulse.</summary>
    public static (string Name, Tone Tone, bool Live) State(BatchState state) => state switch
    {
        BatchState.Queued => ("queued", Tone.Neutral, true),
        BatchState.Running => ("running", Tone.Brand, true),
        BatchState.Succeeded => ("done", Tone.Good, false),
        BatchState.Failed => ("failed", Tone.Bad, false),
        BatchState.Interrupted => ("interrupted", Tone.Warn, false),
        _ => ("cancelled", Tone.Neutral, false),
    };

    /// <summary>A role of a key as the API writes it, and what it may do.</summary>
    public static (string Name, string May) Role(KeyRole role) => role switch
    {
        KeyRole.Application => ("application", "calls predictions, nothing else"),
        KeyRole.Analyst => ("analyst", "data sets, experiments and models"),
        KeyRole.Operator => ("operator", "models and deployments"),
        _ => ("admin", "everything, keys too"),
    };
}
