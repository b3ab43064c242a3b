using System.Net;
using System.Net.Http.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Monitoring;

[Collection(SharedServerTests.Name)]
public sealed class MonitoringTests(SharedServer shared)
{
    [Fact]
    public async Task The_server_says_that_it_lives_and_is_ready()
    {
        var client = shared.Server.Client();
        (await client.GetStringAsync("/livez")).ShouldBe("alive");
        await Until.TrueAsync(async () => (await client.GetAsync("/readyz")).StatusCode == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Metrics_are_Prometheus_text_with_the_predictions_in_it()
    {
        shared.Server.Publish("counted", TinyModels.Fit(TaskKind.Binary, 1));
        await shared.Server.Get<Serving.Deployments.DeploymentService>().DeployAsync("counted", "counted", 1, "test", null, default);
        var application = await shared.Server.ClientAsync(KeyRole.Application);
        await application.PostAsJsonAsync("/api/models/counted/predict", new { rows = new[] { new { age = 1 }, new { age = 2 } } });
        await application.PostAsJsonAsync("/api/models/counted/predict", new { rows = new[] { new { nothing = 1 } } });

        using var answer = await shared.Server.Client().GetAsync("/metrics");
        answer.Content.Headers.ContentType!.ToString().ShouldStartWith("text/plain; version=0.0.4");
        var lines = (await answer.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.ShouldContain("algofactory_predictions_requests_total{deployment=\"counted\",model=\"counted\",version=\"1\",outcome=\"answered\"} 1");
        lines.ShouldContain("algofactory_predictions_requests_total{deployment=\"counted\",model=\"counted\",version=\"1\",outcome=\"refused\"} 1");
        lines.ShouldContain("algofactory_predictions_rows_total{deployment=\"counted\",model=\"counted\",version=\"1\"} 2");
        lines.ShouldContain("algofactory_predictions_duration_seconds_bucket{deployment=\"counted\",model=\"counted\",version=\"1\",le=\"+Inf\"} 1");
        lines.ShouldContain(l => l.StartsWith("http_server_request_duration_seconds_count", StringComparison.Ordinal));
        lines.ShouldContain(l => l.StartsWith("dotnet_", StringComparison.Ordinal));
        foreach (var line in lines.Where(l => l[0] != '#'))
            line.ShouldMatch("^[a-zA-Z_][a-zA-Z0-9_]*(\\{.*\\})? -?[0-9].*$");
        lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).ShouldBeUnique();
    }

    [Fact]
    public async Task Metrics_need_a_key_when_they_are_asked_for_from_elsewhere()
    {
        var proxied = shared.Server.Client();
        proxied.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9");
        await (await proxied.GetAsync("/metrics")).ProblemAsync(401);
        proxied.DefaultRequestHeaders.Add("X-Api-Key", await shared.Server.KeyAsync(KeyRole.Application));
        await (await proxied.GetAsync("/metrics")).ProblemAsync(401);
        proxied.DefaultRequestHeaders.Remove("X-Api-Key");
        proxied.DefaultRequestHeaders.Add("X-Api-Key", await shared.Server.KeyAsync(KeyRole.Operator));
        (await proxied.GetAsync("/metrics")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
