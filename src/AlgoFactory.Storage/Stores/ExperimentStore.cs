using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>Experiments and their trials in the metadata database.</summary>
internal sealed class ExperimentStore(Metadata metadata) : IExperimentStore
{
    public Task AddAsync(ExperimentRecord experiment, CancellationToken cancellation) =>
        metadata.WriteAsync($"experiment/{experiment.Id}", db => Task.FromResult(db.Experiments.Add(ExperimentRow.From(experiment))), cancellation);

    public Task<ExperimentRecord?> ChangeAsync(
        string id, Func<ExperimentRecord, ExperimentRecord?> change, CancellationToken cancellation) =>
        metadata.WriteAsync<ExperimentRecord?>(
            $"experiment/{id}",
            async db =>
            {
                var row = await db.Experiments.FindAsync([id], cancellation).ConfigureAwait(false);
                if (row is null) return null;
                if (change(row.ToRecord()) is not { } changed) return row.ToRecord();
                if (changed.Id != id) throw new ArgumentException($"A change may not turn experiment '{id}' into '{changed.Id}'.", nameof(change));
                row.Set(changed);
                return changed;
            },
            cancellation);

    public Task<ExperimentRecord?> FindAsync(string id, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var row = await db.Experiments.SingleOrDefaultAsync(e => e.Id == id, cancellation).ConfigureAwait(false);
            return row?.ToRecord();
        });

    public Task<ImmutableArray<ExperimentRecord>> ListAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Experiments
                .OrderByDescending(e => e.CreatedAt).ThenBy(e => e.Id)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(e => e.ToRecord()).ToImmutableArray();
        });

    public Task<bool> DeleteAsync(string id, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"experiment/{id}",
            async db => await db.Experiments.Where(e => e.Id == id).ExecuteDeleteAsync(cancellation).ConfigureAwait(false) > 0,
            cancellation);

    public Task AddTrialAsync(string experimentId, LeaderboardEntry trial, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"experiment/{experimentId}",
            async db =>
            {
                if (!await db.Experiments.AnyAsync(e => e.Id == experimentId, cancellation).ConfigureAwait(false))
                    throw new StorageException($"The experiment '{experimentId}' is gone, so its trial {trial.Trial} cannot be kept.");
                var json = RowJson.Write(trial with { Rank = null });
                var row = await db.Trials.FindAsync([experimentId, trial.Trial], cancellation).ConfigureAwait(false);
                if (row is null) db.Trials.Add(new TrialRow { ExperimentId = experimentId, Number = trial.Trial, Entry = json });
                else row.Entry = json;
                return true;
            },
            cancellation);

    public Task<ImmutableArray<LeaderboardEntry>> TrialsAsync(string experimentId, int after, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var entries = await db.Trials
                .Where(t => t.ExperimentId == experimentId && t.Number > after)
                .OrderBy(t => t.Number).Select(t => t.Entry)
                .ToListAsync(cancellation).ConfigureAwait(false);
            return entries.Select(RowJson.Read<LeaderboardEntry>).ToImmutableArray();
        });
}
