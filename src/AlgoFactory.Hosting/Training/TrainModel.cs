using System.Collections.Immutable;
using System.Reflection;
using AlgoFactory.Data;
using AlgoFactory.Data.Export;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Portfolio;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Hosting.Training;

/// <summary>The train use case: a file in, a saved model and a report out. The command line and the worker share it.</summary>
public sealed class TrainModel(LearnerCatalog catalog, TimeProvider clock)
{
    /// <summary>The budget when the request names none.</summary>
    public static readonly TimeSpan DefaultBudget = TimeSpan.FromSeconds(60);

    /// <summary>What the program takes without any data: the runtime, the readers' libraries, compiled code.</summary>
    private const long ProgramBytes = 200L << 20;

    /// <summary>Trains, saves the model at <see cref="TrainRequest.OutputPath"/> and reports.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="progress">Told of every event, in order, on the caller's flow; or null.</param>
    /// <param name="cancellation">Ends the run; nothing is saved then.</param>
    /// <exception cref="UsageException">The request does not fit the file.</exception>
    /// <exception cref="DataFormatException">A file cannot be read.</exception>
    /// <exception cref="LearningException">Nothing can be learned from the data.</exception>
    /// <exception cref="OperationCanceledException">The run was cancelled.</exception>
    public async Task<TrainReport> RunAsync(TrainRequest request, Action<ExperimentEvent>? progress, CancellationToken cancellation)
    {
        Check(request);
        var budget = request.Budget ?? (request.Trials is null ? DefaultBudget : null);
        progress?.Invoke(new PhaseChanged("reading"));
        var (table, metric, profile, described) = Read(request, cancellation);
        progress?.Invoke(new TaskChosen(table.Task.Kind.ToString().ToLowerInvariant(), metric.Name, metric.HigherIsBetter));

        using var journal = request.KeepJournal ? Journal(request, table.Data.Train.RowCount) : null;
        if (journal is not null)
            request = request with { Finished = journal.Trials };
        var deadline = request.StartedAt + Left(request, budget);
        var plan = new ExperimentPlan
        {
            Task = table.Task,
            Metric = metric.Name,
            Deadline = SearchDeadline(deadline, table),
            Trials = request.Trials,
            Seed = request.Seed,
            Folds = request.Folds,
            Threshold = Threshold(request, table.Task),
            Threads = Math.Max(1, request.Threads),
            Tuner = request.Tuner,
            MaxLatency = request.MaxLatency,
            SingleModel = request.SingleModel,
            Stack = request.Stack == StackChoice.Automatic,
            Bags = table.Share >= 1,
            Learners = request.Learners,
            MemoryBytes = Math.Max(0, request.MemoryBytes - ProgramBytes - (long)Math.Min(request.MaxTableBytes, TableBytes.Estimate(table.Data.Schema, profile))),
            Finished = request.Finished,
            Split = Enum.Parse<InteractionSplit>(request.Split.Replace("-", "", StringComparison.Ordinal), ignoreCase: true),
        };
        var searchStarted = clock.GetUtcNow();
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(catalog, clock).RunAsync(plan, table.Data, cancellation).ConfigureAwait(false))
        {
            result = (e as ExperimentDone)?.Result ?? result;
            if (e is TrialEnded { Entry: { Learner: not ExperimentResult.EnsembleLearner } entry })
                journal?.Add(entry with { EndedAfterSeconds = Spent(request) + (clock.GetUtcNow() - request.StartedAt).TotalSeconds });
            progress?.Invoke(e);
        }

        if (result is null)
            throw new InvalidOperationException("The experiment ended without a result.");
        cancellation.ThrowIfCancellationRequested();
        var (rows, whole) = ((long)table.Data.Train.RowCount, ImmutableArray<string>.Empty);
        if (table.Share < 1)
        {
            progress?.Invoke(new PhaseChanged("refitting"));
            var fitted = await Task.Factory.StartNew(
                () => new WholeTableFit(catalog, clock).Run(request, table, result.Predictor, profile.RowCount, deadline, cancellation),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
            (rows, whole) = (fitted.Rows, [fitted.Warning]);
            result = result with { Predictor = fitted.Predictor, Importance = fitted.Predictor.Importance() };
        }

        progress?.Invoke(new PhaseChanged("saving"));
        var trials = result.Leaderboard.Count(e => e.Learner != ExperimentResult.EnsembleLearner && !IsBaseline(e.Learner));
        ImmutableArray<string> warnings = [.. described, .. table.Warnings, .. whole, .. result.Warnings, .. Suspicions(result), .. NotTried(request, table, profile)];
        Save(request, budget, table, rows, metric, profile, result, trials, warnings);
        journal?.Delete();
        return new TrainReport
        {
            Task = table.Task.Kind.ToString().ToLowerInvariant(),
            Metric = metric.Name,
            HigherIsBetter = metric.HigherIsBetter,
            Rows = rows,
            Features = result.FeatureCount,
            ElapsedSeconds = (clock.GetUtcNow() - request.StartedAt).TotalSeconds,
            FirstModelSeconds = (searchStarted - request.StartedAt + result.FirstModelAfter).TotalSeconds,
            BudgetSeconds = budget?.TotalSeconds,
            LatencyMicroseconds = result.Latency?.TotalMicroseconds,
            Trials = trials,
            Best = new BestTrial(result.Best.Learner, result.Best.Score!.Value, result.Best.Parameters),
            Leaderboard = result.Leaderboard,
            Threshold = table.Task.Kind == TaskKind.Binary ? result.Predictor.Post.Threshold : null,
            Calibration = result.Predictor.Post.Calibration?.Method,
            Model = request.OutputPath,
            Warnings = warnings,
        };
    }

    private static (TrainingTable Table, IMetric Metric, DatasetProfile Profile, ImmutableArray<string> Warnings) Read(
        TrainRequest request, CancellationToken cancellation)
    {
        using var source = DataSource.Open(request.File, request.Read);
        var description = source.Describe(cancellation);
        CheckFolders(request, source, description);
        var decision = Decide(request, description);
        CheckSplit(request, decision.Schema);
        var kind = Enum.Parse<TaskKind>(decision.Task, ignoreCase: true);
        var metric = Metric(request, kind);
        var table = TrainingTable.Load(request, source, decision.Schema, kind, description.Profile, cancellation);
        return (table, metric, description.Profile, [.. description.Warnings, .. decision.Warnings, .. LeakageWarnings.Of(table)]);
    }

    /// <summary>Images are told apart by the folders they lie in: two at least.</summary>
    private static void CheckFolders(TrainRequest request, DataSource source, TableDescription description)
    {
        if (source.NameColumn is not null && request.Recommend is null && description.Profile.Find(request.Label) is { Kind: ColumnKind.Categorical or ColumnKind.Constant, Distinct: < 2 } folders)
            throw new UsageException($"The images lie in {(folders.Distinct == 1 ? "one folder" : "no folder")}, and a folder is a class: there is nothing to tell apart. Put them into a folder for each class: cat/1.jpg, dog/2.jpg.");
    }

    private static SchemaDecision Decide(TrainRequest request, TableDescription description)
    {
        try
        {
            if (request.Recommend is { } recommend)
                return RecommendDesign.Decide(description, recommend);
            return SchemaDesign.Decide(
                description, request.Label, request.Task.ToLowerInvariant(), request.Ignore,
                request.Overrides.Select(o => new ColumnChoice(o.Column, o.Kind, o.Role)), request.Time);
        }
        catch (DataFormatException e)
        {
            // The file was read well; it is the request that does not fit it.
            throw new UsageException(e.Message);
        }
    }

    /// <summary>What says which rows are validated on must not be said twice.</summary>
    private static void CheckSplit(TrainRequest request, Schema schema)
    {
        if (request.Recommend is not null)
            return;
        var time = TrainingTable.TimeColumn(schema, request.Time);
        var fold = schema.Columns.FirstOrDefault(c => c.Role == ColumnRole.Fold);
        if (request.Gap is not null && time is null)
            throw new UsageException("A gap needs a time column; name it with --time.");
        if (request.ValidationFile is not null && (time ?? fold) is { } by)
            throw new UsageException($"The validation file says which rows are validated on, so '{by.Name}' cannot say so, too; leave one of them out.");
        if (request.Folds > 0 && fold is not null)
            throw new UsageException($"The column '{fold.Name}' deals the folds, so their number cannot be chosen; leave one of them out.");
    }

    private static ThresholdRule Threshold(TrainRequest request, TaskSpec task)
    {
        var rule = ThresholdRule.Parse(request.Threshold);
        return task.Kind == TaskKind.Binary || rule.Aim == ThresholdAim.Automatic
            ? rule
            : throw new UsageException($"A decision threshold is for two classes; this task is {task.Kind.ToString().ToLowerInvariant()}.");
    }

    private void Check(TrainRequest request)
    {
        if (request.Task.ToLowerInvariant() is not (TaskChoice.Automatic or TaskChoice.Binary or TaskChoice.Multiclass or TaskChoice.Regression or TaskChoice.Recommend))
            throw new UsageException($"There is no task '{request.Task}'; choose auto, binary, multiclass, regression or recommend.");
        if ((request.Recommend is null) != (request.Task.ToLowerInvariant() != TaskChoice.Recommend))
            throw new UsageException("The task recommend needs a user and an item column, and no other task has them.");
        if (request.Split is not ("auto" or "random" or "time" or "leave-one-out"))
            throw new UsageException($"There is no split '{request.Split}'; choose auto, random, time or leave-one-out.");
        try
        {
            ThresholdRule.Parse(request.Threshold);
        }
        catch (LearningException e)
        {
            throw new UsageException(e.Message);
        }

        if (request.Budget is { } budget && budget < TimeSpan.FromSeconds(1))
            throw new UsageException("The budget is below one second; allow at least 1s.");
        if (request.MaxLatency <= TimeSpan.Zero)
            throw new UsageException("The latency must be above 0, such as 50us.");
        if (request.Trials is < 1)
            throw new UsageException("The number of trials must be 1 or more.");
        foreach (var learner in request.Learners)
            if (catalog.All.All(l => l.Info.Id != learner))
                throw new UsageException($"There is no learner '{learner}'; choose of {string.Join(", ", catalog.All.Select(l => l.Info.Id))}.");
        if (request.Learners.Select(l => catalog[l]).FirstOrDefault(l => l.Unavailable is not null) is { } missing)
            throw new UsageException($"The learner '{missing.Info.Id}' cannot be used: {missing.Unavailable}.");
        if (!TunerCatalog.Names.Contains(request.Tuner))
            throw new UsageException(TunerCatalog.Refusal(request.Tuner));
        if (!StackChoice.Names.Contains(request.Stack))
            throw new UsageException(StackChoice.Refusal(request.Stack));
        if (request.Folds is < 0 or 1)
            throw new UsageException("The number of folds must be 2 or more; 0 lets the data's size decide.");
        var output = Path.GetFullPath(request.OutputPath);
        if (output == Path.GetFullPath(request.File) || (request.ValidationFile is { } file && output == Path.GetFullPath(file)))
            throw new UsageException("The model would overwrite the data; choose another file with --out.");
        OutputOption.Check(request.OutputPath);
    }

    private static IMetric Metric(TrainRequest request, TaskKind kind)
    {
        if (request.Metric is not { } name)
            return MetricCatalog.Default(kind);
        try
        {
            return MetricCatalog.Find(name, kind);
        }
        catch (LearningException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private void Save(
        TrainRequest request, TimeSpan? budget, TrainingTable table, long rows, IMetric metric, DatasetProfile profile,
        ExperimentResult result, int trials, ImmutableArray<string> warnings)
    {
        var lineage = new TrainingLineage
        {
            CreatedAt = clock.GetUtcNow(),
            ProgramVersion = typeof(TrainModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
            DataName = request.DataName,
            Rows = rows,
            Seed = request.Seed,
            BudgetSeconds = budget?.TotalSeconds,
            Trials = trials,
            Validation = result.Validation,
            Metric = metric.Name,
            Leaderboard = result.Leaderboard,
            Warnings = warnings,
        };
        var file = new ModelFile(
            result.Predictor, lineage, result.Metrics, profile with { Predictions = result.Predictions }, result.Importance, WarmupRows.Make(table.Data.Schema, profile))
        {
            Curves = result.Curves,
        };
        file.Save(request.OutputPath);
    }

    /// <summary>When the search must end: at half of what is left where the winner shall learn from the whole table after it.</summary>
    private DateTimeOffset? SearchDeadline(DateTimeOffset? deadline, TrainingTable table) =>
        table.Share < 1 ? deadline - (deadline - clock.GetUtcNow()) / 2 : deadline;

    private static TrialJournal Journal(TrainRequest request, int rows)
    {
        var (path, identity) = (TrialJournal.PathOf(request.OutputPath), TrialIdentity.Of(request, rows));
        return request.Resume ? TrialJournal.Resume(path, identity) : TrialJournal.Begin(path, identity, request.Fresh);
    }

    /// <summary>What an interrupted run of the request had used of the budget.</summary>
    private static double Spent(TrainRequest request) => request.Finished.Max(t => t.EndedAfterSeconds) ?? 0;

    /// <summary>What is left of the budget: however late the run was interrupted, a tenth, in which its best trial is fitted.</summary>
    private static TimeSpan? Left(TrainRequest request, TimeSpan? budget) => budget is { } all
        ? TimeSpan.FromSeconds(Math.Max(all.TotalSeconds - Spent(request), Math.Max(1, all.TotalSeconds / 10)))
        : null;

    private bool IsBaseline(string learner) => catalog[learner].Info.IsBaseline;

    /// <summary>Learners that would have suited the data, but cannot be used on this machine; and those asked for that do not suit it.</summary>
    private IEnumerable<string> NotTried(TrainRequest request, TrainingTable table, DatasetProfile profile) =>
        from learner in request.Learners.IsEmpty ? catalog.All : request.Learners.Select(l => catalog[l])
        let objection = LearnerOrder.Objection(learner.Info, table.Task, profile)
        let reason = request.Learners.IsEmpty ? objection is null ? learner.Unavailable : null : objection
        where reason is not null
        select $"The learner '{learner.Info.Id}' was not tried: {reason}.";

    private IEnumerable<string> Suspicions(ExperimentResult result)
    {
        if (result.Best.Learner != ExperimentResult.EnsembleLearner && IsBaseline(result.Best.Learner))
            yield return $"No learner did better than the baseline ({result.Best.Learner}): the columns seem to say nothing about what is asked for.";
    }
}
