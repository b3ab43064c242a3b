using System.Collections.Immutable;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Experiments;

/// <summary>Starts, pauses, cancels, resumes, shows and removes experiments. Running them is the worker's work.</summary>
public sealed class ExperimentService(
    IExperimentStore store,
    IDatasetStore datasets,
    JobQueue jobs,
    ExperimentFiles files,
    TimeProvider clock)
{
    // A script starts its experiment right after the upload; most files are read by then or within a second or two.
    private static readonly TimeSpan ReadingPatience = TimeSpan.FromSeconds(15);

    /// <summary>Stores an experiment and queues it for the worker; waits a while for a data set that is still being read.</summary>
    /// <exception cref="RefusedException">404: no such data set; 400: a field is wrong; 409: the data set is not ready.</exception>
    public async Task<ExperimentView> StartAsync(ExperimentRequest request, CancellationToken cancellation)
    {
        var dataset = await ReadDatasetAsync(request.DatasetId, cancellation);
        var record = new ExperimentRecord
        {
            Id = Guid.CreateVersion7().ToString("N"),
            Request = ExperimentChecks.Check(request, dataset),
            CreatedAt = clock.GetUtcNow(),
            State = ExperimentState.Queued,
        };
        await store.AddAsync(record, cancellation);
        await jobs.RunExperimentAsync(record.Id, CancellationToken.None);
        return ExperimentView.Of(record);
    }

    private async Task<DatasetRecord> ReadDatasetAsync(string id, CancellationToken cancellation)
    {
        var until = clock.GetUtcNow() + ReadingPatience;
        while (true)
        {
            var dataset = await datasets.FindAsync(id, cancellation) ?? throw RefusedException.NotFound("data set", id);
            if (dataset.State != DatasetState.Profiling || clock.GetUtcNow() >= until)
                return dataset;
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancellation);
        }
    }

    /// <summary>All experiments, the newest first.</summary>
    public async Task<ImmutableArray<ExperimentView>> ListAsync(CancellationToken cancellation) =>
        [.. (await store.ListAsync(cancellation)).Select(ExperimentView.Of)];

    /// <summary>The experiment.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public async Task<ExperimentView> GetAsync(string id, CancellationToken cancellation) => ExperimentView.Of(await FindAsync(id, cancellation));

    /// <summary>The experiment with its trials, ranked as of now.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public async Task<LeaderboardView> LeaderboardAsync(string id, CancellationToken cancellation)
    {
        var record = await FindAsync(id, cancellation);
        var trials = await store.TrialsAsync(id, 0, cancellation);
        return new LeaderboardView(ExperimentView.Of(record), Rank(trials, record.HigherIsBetter));
    }

    /// <summary>Asks a queued or running experiment to end; a queued one ends at once, a running one within seconds.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it has ended already.</exception>
    public async Task<ExperimentView> CancelAsync(string id, CancellationToken cancellation)
    {
        var changed = await ChangeAsync(id, old => old.State switch
        {
            ExperimentState.Queued => old with { State = ExperimentState.Cancelled, CancelRequested = true, EndedAt = clock.GetUtcNow() },
            ExperimentState.Running or ExperimentState.Pausing => old with { CancelRequested = true, State = ExperimentState.Running },
            _ => throw RefusedException.Conflict($"The experiment is {Word(old.State)}; only a queued or running one can be cancelled."),
        }, cancellation);
        if (changed.State == ExperimentState.Cancelled)
            await jobs.RemoveExperimentAsync(id, CancellationToken.None);
        return ExperimentView.Of(changed);
    }

    /// <summary>Asks a queued or running experiment to stop until it is resumed; finished trials are kept.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it has ended already.</exception>
    public async Task<ExperimentView> PauseAsync(string id, CancellationToken cancellation)
    {
        var changed = await ChangeAsync(id, old => old.State switch
        {
            ExperimentState.Queued => old with { State = ExperimentState.Paused, EndedAt = clock.GetUtcNow() },
            ExperimentState.Running when !old.CancelRequested => old with { State = ExperimentState.Pausing },
            ExperimentState.Pausing => old,
            _ => throw RefusedException.Conflict($"The experiment is {Word(old.State)}; only a queued or running one can be paused."),
        }, cancellation);
        if (changed.State == ExperimentState.Paused)
            await jobs.RemoveExperimentAsync(id, CancellationToken.None);
        return ExperimentView.Of(changed);
    }

    /// <summary>
    /// Queues an experiment again that was paused, interrupted, cancelled or failed, or, with a larger budget, one that has a model;
    /// finished trials are kept.
    /// </summary>
    /// <exception cref="RefusedException">404: there is none; 400: a field is wrong; 409: it is under way, or it has a model and the budget is not larger.</exception>
    public async Task<ExperimentView> ResumeAsync(string id, ResumeRequest? wanted, CancellationToken cancellation)
    {
        var record = await FindAsync(id, cancellation);
        var dataset = await datasets.FindAsync(record.Request.DatasetId, cancellation)
            ?? throw RefusedException.Conflict("The experiment's data set has been deleted, so it cannot be resumed.");
        var changed = await ChangeAsync(id, old =>
        {
            if (!old.State.HasEnded())
                throw RefusedException.Conflict($"The experiment is {Word(old.State)}; only one that has ended or is paused can be resumed.");
            var request = wanted is null ? old.Request : ExperimentChecks.Check(ExperimentChecks.Changed(old.Request, wanted), dataset);
            if (old.State == ExperimentState.Completed && !ExperimentChecks.IsLonger(request, old.Request))
                throw RefusedException.Conflict("The experiment has used its budget and has a model; give it a larger 'budgetSeconds' or more 'trials' to go on.");
            return old with
            {
                Request = request,
                State = ExperimentState.Queued,
                CancelRequested = false,
                Error = null,
                EndedAt = null,
                Owner = null,
                HeartbeatAt = null,
            };
        }, cancellation);
        await jobs.RunExperimentAsync(id, CancellationToken.None);
        return ExperimentView.Of(changed);
    }

    /// <summary>Removes an experiment with its trials; a model that it published stays.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it is running.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        var record = await FindAsync(id, cancellation);
        if (record.State.IsUnderWay())
            throw RefusedException.Conflict("The experiment is running; cancel it first.");
        await jobs.RemoveExperimentAsync(id, cancellation);
        await store.DeleteAsync(id, cancellation);
        files.Delete(id);
    }

    private static ImmutableArray<LeaderboardEntry> Rank(ImmutableArray<LeaderboardEntry> trials, bool higherIsBetter)
    {
        var board = new Leaderboard(higherIsBetter);
        foreach (var trial in trials)
            board.Add(trial);
        return board.Ranked();
    }

    internal static string Word(ExperimentState state) => state.ToString().ToLowerInvariant();

    private async Task<ExperimentRecord> FindAsync(string id, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) ?? throw RefusedException.NotFound("experiment", id);

    private async Task<ExperimentRecord> ChangeAsync(string id, Func<ExperimentRecord, ExperimentRecord?> change, CancellationToken cancellation) =>
        await store.ChangeAsync(id, change, cancellation) ?? throw RefusedException.NotFound("experiment", id);
}
