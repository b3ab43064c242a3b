using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Experiments;

/// <summary>Refuses at once what an experiment could only fail on later.</summary>
internal static class ExperimentChecks
{
    private const double MaxBudgetSeconds = 7 * 24 * 3600;
    private const int MaxTrials = 100_000;
    private const double MaxLatencyMicroseconds = 60e6;
    private const int MaxWordLength = 100;
    private const int MaxClassLength = 1_000;
    private static readonly string[] Tasks = ["auto", "binary", "multiclass", "regression", TaskChoice.Recommend];
    private static readonly string[] Splits = ["auto", "random", "time", "leave-one-out"];

    /// <summary>The request with its defaults filled in.</summary>
    /// <exception cref="RefusedException">400: a field is out of its range or names no column; 409: the data set is not ready.</exception>
    public static ExperimentRequest Check(ExperimentRequest request, DatasetRecord dataset)
    {
        if (request.Name is null || request.Label is null || request.Task is null || request.Split is null || request.Ignore.Contains(null!) || request.Overrides.Contains(null!)
            || request.Overrides.Any(o => o.Column is null))
            throw RefusedException.Invalid("'name', 'label', 'task', 'split' and the columns in 'ignore' and 'overrides' must be texts, not null.");
        if (request.Threshold is null || request.Threshold.Length > MaxWordLength || request.Gap?.Length > MaxWordLength)
            throw RefusedException.Invalid($"'threshold' must be a text, and it and 'gap' may have at most {MaxWordLength} characters.");
        if (request.Metric?.Length > MaxWordLength || request.Positive?.Length > MaxClassLength)
            throw RefusedException.Invalid($"'metric' may have at most {MaxWordLength} characters and 'positive' at most {MaxClassLength}.");
        if (request.Stack is null || !StackChoice.Names.Contains(request.Stack))
            throw RefusedException.Invalid(StackChoice.Refusal(request.Stack));
        if (request.Tuner is null || request.Learners.IsDefault || request.Learners.Contains(null!))
            throw RefusedException.Invalid("'tuner' and the ids in 'learners' must be texts, not null.");
        if (!TunerCatalog.Names.Contains(request.Tuner))
            throw RefusedException.Invalid(TunerCatalog.Refusal(request.Tuner));
        if (request.Learners.FirstOrDefault(l => ProgramLearners.Catalog.All.All(known => known.Info.Id != l)) is { } unknown)
            throw RefusedException.Invalid($"'learners' names '{unknown}', which there is not; choose of {string.Join(", ", ProgramLearners.Catalog.All.Select(l => l.Info.Id))}.");
        if (request.Learners.Select(l => ProgramLearners.Catalog[l]).FirstOrDefault(l => l.Unavailable is not null) is { } missing)
            throw RefusedException.Invalid($"'learners' names '{missing.Info.Id}', which this server cannot use: {missing.Unavailable}.");
        if (!ModelNames.IsValid(request.Name))
            throw RefusedException.Invalid(ModelNames.Refusal(request.Name));
        if (!Tasks.Contains(request.Task))
            throw RefusedException.Invalid($"There is no task '{request.Task}'; it is one of {string.Join(", ", Tasks)}.");
        if (!Splits.Contains(request.Split))
            throw RefusedException.Invalid($"There is no split '{request.Split}'; it is one of {string.Join(", ", Splits)}.");
        CheckTarget(request);
        if (request is { BudgetSeconds: not null, Trials: not null })
            throw RefusedException.Invalid("Give either 'budgetSeconds' or 'trials', not both.");
        if (request.BudgetSeconds is { } budget && !(budget is >= 1 and <= MaxBudgetSeconds))
            throw RefusedException.Invalid($"'budgetSeconds' must be between 1 and {MaxBudgetSeconds:0}.");
        if (request.Trials is { } trials and not (>= 1 and <= MaxTrials))
            throw RefusedException.Invalid($"'trials' is {trials}; it must be between 1 and {MaxTrials}.");
        if (request.MaxLatencyMicroseconds is { } latency && !(latency is >= 1 and <= MaxLatencyMicroseconds))
            throw RefusedException.Invalid($"'maxLatencyMicroseconds' must be between 1 and {MaxLatencyMicroseconds:0}, the time that a row may take.");
        if (request.Folds is not (0 or (>= 2 and <= 20)))
            throw RefusedException.Invalid($"'folds' is {request.Folds}; it must be 0 (chosen by data size) or 2 to 20.");
        CheckDataset(dataset);
        CheckColumns(request, dataset.Description!);
        return request is { BudgetSeconds: null, Trials: null } ? request with { BudgetSeconds = 60 } : request;
    }

    private static void CheckTarget(ExperimentRequest request)
    {
        if (request.Task != TaskChoice.Recommend)
        {
            if (request.Recommend is not null)
                throw RefusedException.Invalid("'recommend' goes with the task 'recommend' only.");
            if (request.Label.Length == 0)
                throw RefusedException.Invalid("'label' is missing: name the column to predict.");
            return;
        }

        if (request.Recommend is not { User: not null, Item: not null, ItemFeatures.IsDefault: false, UserFeatures.IsDefault: false } asked
            || asked.ItemFeatures.Contains(null!) || asked.UserFeatures.Contains(null!))
            throw RefusedException.Invalid("The task 'recommend' needs 'recommend' with a 'user' and an 'item' column.");
        if (request.Label.Length > 0)
            throw RefusedException.Invalid("The task 'recommend' has no 'label': name the ratings in 'recommend'.");
        if (request.Ignore.Length > 0 || request.Overrides.Length > 0)
            throw RefusedException.Invalid("The task 'recommend' passes over every column that 'recommend' does not name: leave 'ignore' and 'overrides' out.");
        if (request is { Split: "time", Recommend.Time: null })
            throw RefusedException.Invalid("A split by time needs a 'time' column in 'recommend'.");
    }

    /// <summary>A request as it is when its experiment goes on.</summary>
    /// <exception cref="RefusedException">400: both kinds of budget are given, or one of the other kind than before.</exception>
    public static ExperimentRequest Changed(ExperimentRequest request, ResumeRequest wanted)
    {
        if (wanted.BudgetSeconds is not null && request.Trials is not null || wanted.Trials is not null && request.BudgetSeconds is not null)
            throw RefusedException.Invalid(request.Trials is null
                ? "The experiment's budget is one of time; change 'budgetSeconds'."
                : "The experiment's budget is one of trials; change 'trials'.");
        return request with
        {
            BudgetSeconds = wanted.BudgetSeconds ?? request.BudgetSeconds,
            Trials = wanted.Trials ?? request.Trials,
            Tuner = wanted.Tuner ?? request.Tuner,
            Learners = wanted.Learners ?? request.Learners,
        };
    }

    /// <summary>Whether a request has a larger budget than another.</summary>
    public static bool IsLonger(ExperimentRequest request, ExperimentRequest than) =>
        request.BudgetSeconds > than.BudgetSeconds || request.Trials > than.Trials;

    private static void CheckDataset(DatasetRecord dataset)
    {
        if (dataset.State == DatasetState.Profiling)
            throw RefusedException.Conflict($"The data set '{dataset.Name}' is still being read; try again in a moment.");
        if (dataset.State == DatasetState.Failed || dataset.Description is null)
            throw RefusedException.Conflict($"The data set '{dataset.Name}' could not be read: {dataset.Error}");
    }

    private static void CheckColumns(ExperimentRequest request, TableDescription table)
    {
        var names = table.Schema.Columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        if (request.Label.Length > 0)
            Require(names, request.Label, "label");
        if (request.Time is { } time)
            Require(names, time, "time");
        if (request.Ignore.Length > names.Count || request.Overrides.Length > names.Count)
            throw RefusedException.Invalid($"'ignore' or 'overrides' names more columns than the data set's {names.Count}.");
        foreach (var column in request.Ignore)
            Require(names, column, "ignore");
        foreach (var change in request.Overrides)
        {
            Require(names, change.Column, "overrides");
            if (change.Kind is { } kind && !Enum.IsDefined(kind) || change.Role is { } role && !Enum.IsDefined(role))
                throw RefusedException.Invalid($"The override of '{change.Column}' has a kind or role that there is not.");
        }

        try
        {
            var decided = request.Recommend is { } recommend
                ? RecommendDesign.Decide(table, recommend)
                : SchemaDesign.Decide(
                    table, request.Label, request.Task, request.Ignore, request.Overrides.Select(o => new ColumnChoice(o.Column, o.Kind, o.Role)), request.Time);
            CheckThreshold(request, decided.Task);
            if (request.Metric is { } metric)
                MetricCatalog.Find(metric, Enum.Parse<TaskKind>(decided.Task, ignoreCase: true));
        }
        catch (Exception e) when (e is DataFormatException or LearningException)
        {
            throw RefusedException.Invalid(e.Message);
        }
    }

    private static void CheckThreshold(ExperimentRequest request, string task)
    {
        if (ThresholdRule.Parse(request.Threshold).Aim != ThresholdAim.Automatic && task != TaskChoice.Binary)
            throw RefusedException.Invalid($"'threshold' is for two classes; the task is {task}.");
    }

    private static void Require(HashSet<string> names, string column, string field)
    {
        if (!names.Contains(column))
            throw RefusedException.Invalid($"'{field}' names the column '{column}', which the data set does not have{NearestName.Hint(column, names)}.");
    }
}
