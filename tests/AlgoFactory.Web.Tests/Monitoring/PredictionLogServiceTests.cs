using System.Net;
using System.Net.Http.Json;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Monitoring;

public sealed class PredictionLogServiceTests
{
    [Fact]
    public async Task Where_the_log_cannot_be_written_answers_go_on_drops_are_counted_and_the_health_says_so()
    {
        await using var server = await TestServer.StartAsync("PredictionLog:FlushSeconds=3600");
        server.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var client = await server.ClientAsync(KeyRole.Application);
        var (log, service) = (server.Get<PredictionLog>(), server.Get<PredictionLogService>());

        // No folder can be made where a file is.
        var folder = server.Get<DataFolders>().PredictionLog;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        await File.WriteAllTextAsync(folder, "");
        await PredictAsync();
        await Should.ThrowAsync<IOException>(() => service.FlushAsync(default));
        (log.Logged, log.Dropped, log.QueuedBytes).ShouldBe((0, 2, 0));
        (await CheckAsync()).ShouldBe("it cannot be written; the server's log tells more; 2 rows dropped since the start");

        await PredictAsync();
        File.Delete(folder);
        await service.FlushAsync(default);
        (log.Logged, log.Dropped).ShouldBe((2, 2));
        (await CheckAsync()).ShouldBe("ok");
        server.Get<LogParts>().List("people").ShouldHaveSingleItem();

        // Whoever watches hears of it: in numbers, and once for the alerts.
        var metrics = await server.Client().GetStringAsync("/metrics");
        metrics.ShouldContain("algofactory_predictionlog_dropped_total{reason=\"disk\"} 2");
        metrics.ShouldContain("algofactory_predictionlog_dropped_total{reason=\"queue\"} 0");
        foreach (var disk in (string[])["data", "models"])
            metrics.ShouldMatch($"algofactory_disk_free_bytes\\{{folder=\"{disk}\"\\}} [1-9]");
        await server.Get<TrafficService>().StoreAsync(default);
        (await MinutesAsync()).Sum(m => m.LogDropped).ShouldBe(2);
        await server.Get<ITrafficStore>().DeleteBeforeAsync(DateTimeOffset.MaxValue, default);
        await server.Get<TrafficService>().StoreAsync(default);
        (await MinutesAsync()).ShouldBeEmpty();

        Task<System.Collections.Immutable.ImmutableArray<TrafficMinute>> MinutesAsync() => server.Get<ITrafficStore>().ListAsync("people", DateTimeOffset.UnixEpoch, default);

        async Task PredictAsync() =>
            (await client.PostAsJsonAsync("/api/models/people/predict", new { rows = new[] { new { age = 1 }, new { age = 2 } } })).StatusCode.ShouldBe(HttpStatusCode.OK);

        async Task<string?> CheckAsync()
        {
            using var answer = await server.Client().GetAsync("/readyz");
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            return (await answer.JsonAsync()).GetProperty("checks").GetProperty("predictionLog").GetString();
        }
    }
}
