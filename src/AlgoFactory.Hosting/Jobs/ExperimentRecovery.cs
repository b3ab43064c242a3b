using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Registry;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Puts right what a dead process left: experiments that it was running are published if their model was ready, else
/// shown as interrupted; work that was stored but never queued is queued. Safe to run at any time, in any process.
/// </summary>
public sealed class ExperimentRecovery(
    IExperimentStore experiments,
    IDatasetStore datasets,
    ExperimentPublisher publisher,
    JobQueue jobs,
    TimeProvider clock,
    ILogger<ExperimentRecovery> log)
{
    /// <summary>How long an owner on another machine may be silent before it is taken as dead.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    /// <summary>How long after its creation a stored experiment or data set is expected in the queue.</summary>
    private static readonly TimeSpan QueueDelay = TimeSpan.FromSeconds(5);

    /// <summary>Looks through all experiments and data sets once.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var experiment in await experiments.ListAsync(cancellation))
        {
            if (experiment.State.IsUnderWay() && IsOrphan(experiment))
                await RecoverAsync(experiment, cancellation);
            else if (experiment.State == ExperimentState.Queued && IsOld(experiment.CreatedAt) && !await jobs.HasExperimentAsync(experiment.Id, cancellation))
                await jobs.RunExperimentAsync(experiment.Id, cancellation);
        }

        foreach (var dataset in await datasets.ListAsync(cancellation))
            if (dataset.State == DatasetState.Profiling && IsOld(dataset.CreatedAt) && !await jobs.HasProfileAsync(dataset.Id, cancellation))
                await jobs.ProfileAsync(dataset.Id, cancellation);
    }

    private async Task RecoverAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        if (publisher.HasStaged(experiment.Id) && await TryPublishAsync(experiment, cancellation))
            return;

        await experiments.ChangeAsync(experiment.Id, old => old.State.IsUnderWay() && old.Owner == experiment.Owner
            ? old with { State = old.State == ExperimentState.Pausing ? ExperimentState.Paused : ExperimentState.Interrupted, Phase = null, EndedAt = clock.GetUtcNow(), Owner = null, HeartbeatAt = null, CancelRequested = false }
            : null, cancellation);
        log.LogWarning("Experiment {Id}: its worker died; it can be resumed or removed", experiment.Id);
    }

    // One model that cannot be published (a full disk, a damaged file) must not keep the server from starting.
    private async Task<bool> TryPublishAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        try
        {
            var version = await publisher.PublishAsync(experiment, cancellation);
            log.LogWarning("Experiment {Id}: its worker died while publishing; finished as {Name}/{Version}", experiment.Id, version.Name, version.Version);
            return true;
        }
        catch (Exception e) when (e is ArtefactFormatException or RegistryException or IOException or UnauthorizedAccessException)
        {
            log.LogError(e, "Experiment {Id}: its worker died while publishing, and its model cannot be published now", experiment.Id);
            return false;
        }
    }

    private bool IsOrphan(ExperimentRecord experiment) => experiment.Owner is not { } owner
        || (ProcessIdentity.Lives(owner) is { } lives ? !lives : clock.GetUtcNow() - (experiment.HeartbeatAt ?? experiment.StartedAt) > Silence);

    private bool IsOld(DateTimeOffset createdAt) => clock.GetUtcNow() - createdAt > QueueDelay;
}
