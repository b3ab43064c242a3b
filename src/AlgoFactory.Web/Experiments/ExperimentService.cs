using System.Collections.Immutable;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Experiments;

/// <summary>Starts, cancels, resumes, shows and removes experiments. Running them is the worker's work.</summary>
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
            ExperimentState.Running => old with { CancelRequested = true },
            _ => throw RefusedException.Conflict($"The experiment is {Word(old.State)}; only a queued or running one can be cancelled."),
        }, cancellation);
        if (changed.State == ExperimentState.Cancelled)
            await jobs.RemoveExperimentAsync(id, CancellationToken.None);
        return ExperimentView.Of(changed);
    }

    /// <summary>Queues an experiment again that was interrupted, cancelled or failed; finished trials are kept.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it is under way or has a model.</exception>
    public async Task<ExperimentView> ResumeAsync(string id, CancellationToken cancellation)
    {
        var record = await FindAsync(id, cancellation);
        if (await datasets.FindAsync(record.Request.DatasetId, cancellation) is null)
            throw RefusedException.Conflict("The experiment's data set has been deleted, so it cannot be resumed.");
        var changed = await ChangeAsync(id, old => old.State is ExperimentState.Interrupted or ExperimentState.Cancelled or ExperimentState.Failed
            ? old with { State = ExperimentState.Queued, CancelRequested = false, Error = null, EndedAt = null, Owner = null, HeartbeatAt = null }
            : throw RefusedException.Conflict($"The experiment is {Word(old.State)}; only an interrupted, cancelled or failed one can be resumed."), cancellation);
        await jobs.RunExperimentAsync(id, CancellationToken.None);
        return ExperimentView.Of(changed);
    }

    /// <summary>Removes an experiment with its trials; a model that it published stays.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it is running.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        var record = await FindAsync(id, cancellation);
        if (record.State == ExperimentState.Running)
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
