using System.Net.Http.Json;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Monitoring;

public sealed class FeedbackApiTests
{
    [Fact]
    public async Task Each_label_is_answered_by_itself_and_stored_once()
    {
        await using var server = await TestServer.StartAsync("Monitoring:FeedbackDays=30");
        server.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var client = await server.ClientAsync(KeyRole.Application);
        var made = await PredictAsync(client, new { rows = new[] { new { age = 30 }, new { age = 60 } } });
        var own = await PredictAsync(client, new { id = "order-17", rows = new[] { new { age = 30 } } });
        own.ShouldBe("order-17");
        var pinned = await PredictAsync(client, new { rows = new[] { new { age = 30 } } }, "/api/models/people/versions/1/predict");
        var foreign = PredictionIds.Text(new PredictionIds().Make(true));

        object[] items =
        [
            new { id = made, row = 1, label = "yes" }, new { id = made, label = true }, new { id = "order-17", label = "no" }, new { id = "order-18", label = "no" },
            new { id = foreign, label = "no" }, new { id = pinned, label = "no" }, new { id = made, row = -1, label = "no" }, new { id = made, label = (string?)null }, new { id = "", label = "no" },
        ];
        var answer = await SendAsync(client, items);
        answer.Items.Select(i => i.Outcome).ShouldBe(
        [
            FeedbackOutcome.Accepted, FeedbackOutcome.Accepted, FeedbackOutcome.Accepted, FeedbackOutcome.Unknown, FeedbackOutcome.Unknown, FeedbackOutcome.NotLogged,
            FeedbackOutcome.Invalid, FeedbackOutcome.Invalid, FeedbackOutcome.Invalid,
        ]);
        (answer.Accepted, answer.Refused).ShouldBe((3, 6));
        answer.Items.Where(i => i.Outcome > FeedbackOutcome.Replaced).ShouldAllBe(i => i.Reason!.Length > 20);
        (await SendAsync(client, [new { id = made, row = 1, label = "yes" }, new { id = made, label = "no" }])).Items.Select(i => i.Outcome)
            .ShouldBe([FeedbackOutcome.Unchanged, FeedbackOutcome.Replaced]);
        (await server.Get<IFeedbackStore>().ListAsync(DateTimeOffset.MinValue, DateTimeOffset.MaxValue, 10, default)).Select(f => (f.Id == made, f.Row, f.Label))
            .ShouldBe([(true, 1, "yes"), (true, 0, "no"), (false, 0, "no")], ignoreOrder: true);

        (await (await client.PostAsJsonAsync("/api/feedback", Enumerable.Repeat(new { id = made, label = "x" }, 10_001))).ProblemAsync(400)).ShouldContain("10000");
        await (await client.PostAsJsonAsync("/api/feedback", new { id = made })).ProblemAsync(400);
    }

    [Fact]
    public async Task The_servers_log_holds_what_it_answered_and_nothing_where_it_is_off()
    {
        await using var server = await TestServer.StartAsync("PredictionLog:FlushSeconds=3600");
        server.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var client = await server.ClientAsync(KeyRole.Application);
        await PredictAsync(client, new { rows = new[] { new { age = 30 }, new { age = 60 } } });
        await server.Get<PredictionLogService>().FlushAsync(default);
        server.Get<LogParts>().List("people").ShouldHaveSingleItem().Version.ShouldBe(1);
        (await server.Client().GetStringAsync("/metrics")).ShouldContain("algofactory_predictionlog_rows_total 2");
        await server.Get<TrafficService>().StoreAsync(default);
        var minute = (await server.Get<ITrafficStore>().ListAsync("people", DateTimeOffset.UnixEpoch, default)).ShouldHaveSingleItem();
        (minute.Answered, minute.Rows, minute.Failed).ShouldBe((1, 2, 0));
        minute.P99.ShouldBeGreaterThan(0);

        await using var off = await TestServer.StartAsync("PredictionLog:Enabled=false");
        off.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await off.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var id = await PredictAsync(await off.ClientAsync(KeyRole.Application), new { rows = new[] { new { age = 30 } } });
        await off.Get<PredictionLogService>().FlushAsync(default);
        off.Get<LogParts>().List().ShouldBeEmpty();
        (await SendAsync(await off.ClientAsync(KeyRole.Application), [new { id, label = "no" }])).Items[0].Outcome.ShouldBe(FeedbackOutcome.NotLogged);
    }

    private static async Task<string> PredictAsync(HttpClient client, object body, string path = "/api/models/people/predict")
    {
        using var answer = await client.PostAsJsonAsync(path, body);
        answer.EnsureSuccessStatusCode();
        return (await answer.JsonAsync()).GetProperty("id").GetString()!;
    }

    private static async Task<FeedbackAnswer> SendAsync(HttpClient client, object[] items)
    {
        using var answer = await client.PostAsJsonAsync("/api/feedback", items);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<FeedbackAnswer>(JsonSerializerOptions.Web))!;
    }
}
