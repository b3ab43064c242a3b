using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Monitoring;
using Microsoft.Extensions.Logging.Abstractions;
using NSubstitute;
using Quartz;

namespace AlgoFactory.Hosting.Tests.Jobs;

public sealed class HousekeepingJobTests
{
    [Fact]
    public async Task Only_what_is_past_its_retention_and_unused_goes()
    {
        await using var stores = await HostedStores.MakeAsync(o => (o.Retention.ExperimentDays, o.Retention.DatasetDays) = (10, 10));
        var now = DateTimeOffset.UtcNow;
        foreach (var (id, days) in new[] { ("used", 30), ("old", 30), ("new", 1) })
        {
            await stores.Get<IDatasetStore>().AddAsync(new DatasetRecord(id, $"{id}.csv", $"{id}.csv", 1, now.AddDays(-days), DatasetState.Ready), default);
            await File.WriteAllTextAsync(stores.Get<DataFolders>().UploadPath($"{id}.csv"), "x");
        }

        await AddAsync(stores, "ended long ago", ExperimentState.Completed, now.AddDays(-20), "old");
        await AddAsync(stores, "ended lately", ExperimentState.Failed, now.AddDays(-1), "used");
        await AddAsync(stores, "still running", ExperimentState.Running, null, "used");

        await new HousekeepingJob(
            stores.Get<IExperimentStore>(), stores.Get<IDatasetStore>(), stores.Get<ExperimentFiles>(), stores.Get<BatchStore>(),
            new MonitoringUpkeep(
                stores.Get<LogParts>(), stores.Get<IMonitoringStore>(), stores.Get<IFeedbackStore>(), stores.Get<ITrafficStore>(), stores.Get<INodeMinuteStore>(), stores.Get<AlgoFactoryOptions>(),
                TimeProvider.System, NullLogger<MonitoringUpkeep>.Instance),
            stores.Get<DataFolders>(), stores.Get<AlgoFactoryOptions>(), TimeProvider.System, NullLogger<HousekeepingJob>.Instance).Execute(Substitute.For<IJobExecutionContext>());

        (await stores.Get<IExperimentStore>().ListAsync(default)).Select(e => e.Id).ShouldBe(["ended lately", "still running"], ignoreOrder: true);
        (await stores.Get<IDatasetStore>().ListAsync(default)).Select(d => d.Id).ShouldBe(["used", "new"], ignoreOrder: true);
        Directory.EnumerateFiles(stores.Get<DataFolders>().Uploads).Select(Path.GetFileName).ShouldBe(["used.csv", "new.csv"], ignoreOrder: true);
    }

    private static Task AddAsync(HostedStores stores, string id, ExperimentState state, DateTimeOffset? ended, string dataset) =>
        stores.Get<IExperimentStore>().AddAsync(new ExperimentRecord
        {
            Id = id,
            Request = new ExperimentRequest { DatasetId = dataset, Label = "y", Name = "m" },
            CreatedAt = DateTimeOffset.UtcNow.AddDays(-40),
            State = state,
            EndedAt = ended,
        }, default);
}
