using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Brings a fitted model into the registry and marks its experiment as completed, in an order that a kill at any moment
/// leaves nothing half: the staged file is whole (it is renamed into place), publishing is one rename, the mark comes
/// last and the staged file goes after it. Run again after a kill, it finds by the model's hash whether it had published, and
/// by the experiment's id whether that is in the audit log.
/// </summary>
public sealed class ExperimentPublisher(ModelRegistry registry, IExperimentStore store, ExperimentFiles files, IAuditLog audit, TimeProvider clock)
{
    /// <summary>Who publishes, in the audit log: the experiment's start says who asked for it.</summary>
    private const string Worker = "worker";

    /// <summary>Whether the experiment has a whole fitted model that is not marked as published yet.</summary>
    public bool HasStaged(string experimentId) => File.Exists(files.ModelPath(experimentId));

    /// <summary>Publishes the staged model (unless that was done already) and marks the experiment.</summary>
    public async Task<ModelVersion> PublishAsync(ExperimentRecord experiment, CancellationToken cancellation)
    {
        var staged = files.ModelPath(experiment.Id);
        var name = experiment.Request.Name;
        var hash = ModelFile.ReadManifest(staged).Hash;
        var version = registry.Find(name)?.Versions.FirstOrDefault(v => v.Id.Hash == hash && v.Error is null)?.Id ?? registry.Publish(name, staged, cancellation);
        await audit.AddOnceAsync(new AuditEntry(clock.GetUtcNow(), Worker, "model.publish", $"{name}/{version.Version}", $"{hash}, experiment {experiment.Id}"), CancellationToken.None);
        await store.ChangeAsync(experiment.Id, old => old with
        {
            State = ExperimentState.Completed,
            Phase = null,
            Error = null,
            ModelVersion = version.Version,
            EndedAt = clock.GetUtcNow(),
            Owner = null,
            HeartbeatAt = null,
        }, cancellation);
        File.Delete(staged);
        return version;
    }
}
