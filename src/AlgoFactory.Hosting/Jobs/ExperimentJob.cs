using System.Collections.Immutable;
using AlgoFactory.Data;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Storage;
using Microsoft.Extensions.Logging;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Runs one experiment: makes each trial durable as it ends, watches for a cancel, and publishes the model. A job that
/// another node's death left is taken over where it stopped.
/// </summary>
internal sealed class ExperimentJob(
    IExperimentStore store,
    IDatasetStore datasets,
    ExperimentPublisher publisher,
    ExperimentFiles files,
    DataFolders folders,
    AlgoFactoryOptions options,
    LearnerCatalog catalog,
    TimeProvider clock,
    ILogger<ExperimentJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var id = context.MergedJobDataMap.GetString(JobQueue.Id)!;
        // A node of a cluster that takes over finds the experiment as interrupted, or still as run by the dead one.
        var mayTakeOver = context.Recovering && options.Database.IsPostgreSql;
        if (await ClaimAsync(id, mayTakeOver, cancellationToken) is not { } experiment)
            return;
        using var run = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var heart = BeatAsync(id, run);
        try
        {
            await RunAsync(experiment, run.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            await EndAsync(id, old => old == ExperimentState.Pausing ? ExperimentState.Paused : ExperimentState.Cancelled, null);
            log.LogInformation("Experiment {Id} was cancelled or paused", id);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(id, _ => ExperimentState.Interrupted, null);
            log.LogInformation("Experiment {Id} was interrupted: the worker stops", id);
        }
        catch (Exception e) when (e is DataFormatException or LearningException or UsageException)
        {
            await EndAsync(id, _ => ExperimentState.Failed, e.Message);
            log.LogWarning("Experiment {Id} failed: {Error}", id, e.Message);
        }
        catch (Exception e)
        {
            log.LogError(e, "Experiment {Id} failed", id);
            await EndAsync(id, _ => ExperimentState.Failed, Sentence(e));
            throw;
        }
        finally
        {
            await run.CancelAsync();
            await heart;
        }
    }

    private async Task RunAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        var dataset = await datasets.FindAsync(experiment.Request.DatasetId, cancellation)
            ?? throw new DataFormatException("The experiment's data set has been deleted.");
        var trials = await store.TrialsAsync(experiment.Id, 0, cancellation);
        files.Create(experiment.Id);
        // A resumed run goes on where the clock of the one before stopped.
        var began = clock.GetUtcNow() - TimeSpan.FromSeconds(trials.Max(t => t.EndedAfterSeconds) ?? 0);
        // The run waits until an event is stored: what was told of a trial is there after a kill.
        var report = await new TrainModel(catalog, clock).RunAsync(
            Request(experiment, dataset, trials), happened => NoteAsync(experiment.Id, began, happened).GetAwaiter().GetResult(), cancellation);
        await store.ChangeAsync(experiment.Id, old => old with { Warnings = report.Warnings, Phase = "publishing" }, CancellationToken.None);
        await files.WriteReportAsync(experiment.Id, report, CancellationToken.None);
        var version = await publisher.PublishAsync(experiment, CancellationToken.None);
        log.LogInformation("Experiment {Id} published {Name}/{Version}", experiment.Id, version.Name, version.Version);
    }

    private TrainRequest Request(ExperimentRecord experiment, DatasetRecord dataset, ImmutableArray<Learning.Artefacts.LeaderboardEntry> finished)
    {
        var asked = experiment.Request;
        return new TrainRequest
        {
            File = folders.UploadPath(dataset.FileName),
            DataName = dataset.Name,
            Read = WorkerReadOptions.Of(options, folders),
            Label = asked.Label,
            Recommend = asked.Recommend,
            Split = asked.Split,
            Task = asked.Task,
            Metric = asked.Metric,
            Budget = asked.BudgetSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Trials = asked.Trials,
            StartedAt = clock.GetUtcNow(),
            Seed = asked.Seed,
            Folds = asked.Folds,
            Ignore = asked.Ignore,
            Overrides = asked.Overrides,
            Positive = asked.Positive,
            Threshold = asked.Threshold,
            Time = asked.Time,
            Gap = asked.Gap,
            OutputPath = files.ModelPath(experiment.Id),
            Threads = WorkerReadOptions.Threads(options),
            MemoryBytes = WorkerLimits.MemoryBytes(options.Worker),
            Tuner = asked.Tuner,
            Stack = asked.Stack,
            Learners = asked.Learners,
            MaxLatency = asked.MaxLatencyMicroseconds is { } limit ? TimeSpan.FromMicroseconds(limit) : null,
            SingleModel = asked.SingleModel,
            Finished = finished,
        };
    }

    private Task NoteAsync(string id, DateTimeOffset began, ExperimentEvent happened) => happened switch
    {
        TrialEnded ended => store.AddTrialAsync(
            id, ended.Entry with { EndedAfterSeconds = (clock.GetUtcNow() - began).TotalSeconds }, CancellationToken.None),
        TaskChosen chosen => store.ChangeAsync(
            id, old => old with { Task = chosen.Task, Metric = chosen.Metric, HigherIsBetter = chosen.HigherIsBetter }, CancellationToken.None),
        ExperimentDone done => NoteEnsembleAsync(id, done.Result),
        PhaseChanged phase => store.ChangeAsync(id, old => old with { Phase = phase.Phase }, CancellationToken.None),
        _ => Task.CompletedTask,
    };

    // An ensemble is no trial, but a line of the leaderboard.
    private async Task NoteEnsembleAsync(string id, ExperimentResult result)
    {
        foreach (var line in result.Leaderboard.Where(e => e.Learner == ExperimentResult.EnsembleLearner))
            await store.AddTrialAsync(id, line, CancellationToken.None);
    }

    private async Task<ExperimentRecord?> ClaimAsync(string id, bool mayTakeOver, CancellationToken cancellation)
    {
        var claimed = false;
        // Time that an earlier run used counts: the budget is taken as of then.
        var used = TimeSpan.FromSeconds((await store.TrialsAsync(id, 0, cancellation)).Max(t => t.EndedAfterSeconds) ?? 0);
        var experiment = await store.ChangeAsync(id, old =>
        {
            claimed = old.State == ExperimentState.Queued || (mayTakeOver && old.State is (ExperimentState.Interrupted or ExperimentState.Running));
            return claimed
                ? old with
                {
                    State = ExperimentState.Running,
                    Phase = "reading",
                    StartedAt = clock.GetUtcNow() - used,
                    Owner = ProcessIdentity.Current,
                    HeartbeatAt = clock.GetUtcNow(),
                }
                : null;
        }, cancellation);
        return claimed ? experiment : null;
    }

    private static string Sentence(Exception fault) => fault switch
    {
        OutOfMemoryException => "The experiment needs more memory than the worker has (AlgoFactory:Worker:MemoryMiB).",
        StorageException { IsDiskFull: true } or IOException => "The server's disk is full or cannot be written; free some space and resume the experiment.",
        StorageException => "The server's metadata database could not be used; its log tells more. Resume the experiment when that is mended.",
        _ => "The experiment failed for a reason that is not the data's; the server's log tells more.",
    };

    /// <summary>
    /// Stores how the experiment ended, and again until that works: an end that is not stored would show the experiment
    /// as running for as long as this process lives. (When the worker stops first, the next one finds it as interrupted.)
    /// </summary>
    private async Task EndAsync(string id, Func<ExperimentState, ExperimentState> state, string? error)
    {
        while (true)
        {
            try
            {
                await store.ChangeAsync(id, old => old with
                {
                    State = state(old.State),
                    Error = error,
                    Phase = null,
                    EndedAt = clock.GetUtcNow(),
                    Owner = null,
                    HeartbeatAt = null,
                }, CancellationToken.None);
                return;
            }
            catch (StorageException e)
            {
                log.LogError("The end of experiment {Id} cannot be stored yet: {Error}", id, e.Message);
                await Task.Delay(EndRetry, clock);
            }
        }
    }

    /// <summary>Says that this process lives, and ends the run when a user cancels, pauses or removes the experiment.</summary>
    private async Task BeatAsync(string id, CancellationTokenSource run)
    {
        var beats = 0;
        while (!run.IsCancellationRequested)
        {
            await Task.Delay(Beat, clock, run.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (run.IsCancellationRequested)
                return;
            try
            {
                var now = clock.GetUtcNow();
                var experiment = ++beats % BeatsPerHeartbeat == 0
                    ? await store.ChangeAsync(id, old => old.State.IsUnderWay() ? old with { HeartbeatAt = now } : null, CancellationToken.None)
                    : await store.FindAsync(id, CancellationToken.None);
                if (experiment is null || experiment.CancelRequested || experiment.State == ExperimentState.Pausing)
                    await run.CancelAsync();
            }
            catch (StorageException e)
            {
                // One beat is missed; without the next ones nobody could cancel the run.
                log.LogWarning("Experiment {Id} cannot give a sign of life: {Error}", id, e.Message);
            }
        }
    }

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan EndRetry = TimeSpan.FromSeconds(2);
    private const int BeatsPerHeartbeat = 10;
}
