using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using Microsoft.Extensions.Logging;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Removes, every hour, what is past its retention. Published models are never touched.</summary>
internal sealed class HousekeepingJob(
    IExperimentStore experiments,
    IDatasetStore datasets,
    ExperimentFiles files,
    BatchStore batches,
    MonitoringUpkeep monitoring,
    DataFolders folders,
    AlgoFactoryOptions options,
    TimeProvider clock,
    ILogger<HousekeepingJob> log) : IJob
{
    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (options.Retention.ExperimentDays is > 0 and var experimentDays)
            await RemoveExperimentsAsync(clock.GetUtcNow().AddDays(-experimentDays), cancellationToken);
        if (options.Retention.DatasetDays is > 0 and var datasetDays)
            await RemoveDatasetsAsync(clock.GetUtcNow().AddDays(-datasetDays), cancellationToken);
        if (options.Retention.BatchDays is > 0 and var batchDays)
            RemoveBatches(clock.GetUtcNow().AddDays(-batchDays));
        await monitoring.RunAsync(cancellationToken);
    }

    private async Task RemoveExperimentsAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        foreach (var experiment in await experiments.ListAsync(cancellation))
            if (experiment.State.HasEnded() && (experiment.EndedAt ?? experiment.CreatedAt) < before)
            {
                await experiments.DeleteAsync(experiment.Id, cancellation);
                files.Delete(experiment.Id);
                log.LogInformation("Removed experiment {Id}, which is past its retention", experiment.Id);
            }
    }

    private void RemoveBatches(DateTimeOffset before)
    {
        foreach (var batch in batches.List().Where(b => !b.IsOpen && (b.EndedAt ?? b.CreatedAt) < before))
        {
            batches.Delete(batch.Id);
            log.LogInformation("Removed batch {Id}, which is past its retention", batch.Id);
        }
    }

    private async Task RemoveDatasetsAsync(DateTimeOffset before, CancellationToken cancellation)
    {
        var used = (await experiments.ListAsync(cancellation)).Select(e => e.Request.DatasetId).ToHashSet(StringComparer.Ordinal);
        foreach (var dataset in await datasets.ListAsync(cancellation))
            if (dataset.CreatedAt < before && !used.Contains(dataset.Id))
            {
                await File.Create(folders.DoubtPath(dataset.FileName)).DisposeAsync();
                await datasets.DeleteAsync(dataset.Id, cancellation);
                File.Delete(folders.UploadPath(dataset.FileName));
                File.Delete(folders.DoubtPath(dataset.FileName));
                log.LogInformation("Removed data set {Id}, which is past its retention", dataset.Id);
            }
    }
}
