using System.Net;
using System.Text;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Deployments;

/// <summary>More models than fit into memory are all served, one after the other.</summary>
public sealed class MemoryBudgetTests
{
    [Fact]
    public async Task Deployments_that_do_not_fit_sleep_and_are_loaded_when_they_are_asked_for()
    {
        await using var server = await TestServer.StartAsync("Predictions:ModelMemoryMiB=1");
        var deployments = server.Get<DeploymentService>();
        server.Publish("tiny", MixedModel.Fit(100, 1000));
        var each = server.Get<ModelRegistry>().Find("tiny", 1)!.MemoryBytes;
        // Twice as many as fit, and neither one nor hundreds.
        var count = (int)(2 * (1 << 20) / each);
        count.ShouldBeInRange(4, 60);
        for (var i = 0; i < count; i++)
            await deployments.DeployAsync($"tiny-{i}", "tiny", 1, "test", null, default);
        var client = await server.ClientAsync(KeyRole.Application);
        for (var i = 0; i < count; i++)
        {
            using var answer = await client.PostAsync($"/api/models/tiny-{i}/predict", new StringContent("""{"rows":[{}]}""", Encoding.UTF8, "application/json"));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var statuses = await deployments.ListAsync(default);
        statuses.ShouldAllBe(s => s.IsHealthy);
        (statuses.Count(s => s.Served!.LoadedAt is not null) * each).ShouldBeInRange(1, 1 << 20);
        statuses.Count(s => s.Served!.LoadedAt is null).ShouldBeGreaterThan(0);
        var metrics = await server.Client().GetStringAsync("/metrics");
        metrics.ShouldContain($"algofactory_models_memory_bytes {statuses.Count(s => s.Served!.LoadedAt is not null) * each}");
        metrics.ShouldMatch("algofactory_models_loads_total\\{outcome=\"woken\"\\} [1-9]");
    }
}
