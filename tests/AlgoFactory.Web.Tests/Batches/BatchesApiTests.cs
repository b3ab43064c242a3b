using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;
using Microsoft.Extensions.DependencyInjection;

namespace AlgoFactory.Web.Tests.Batches;

/// <summary>A file in, a scored file out. The worker's part runs here by hand.</summary>
[Collection(SharedServerTests.Name)]
public sealed class BatchesApiTests(SharedServer shared) : IAsyncLifetime
{
    private const string Csv = "age,city\n30,Wien\n80,Paris\nold,Wien\n";

    public async Task InitializeAsync()
    {
        if (shared.Server.Get<Serving.Registry.ModelRegistry>().Find("batched") is not null)
            return;
        shared.Server.Publish("batched", TinyModels.Fit(TaskKind.Binary, 1));
        await shared.Server.Get<DeploymentService>().DeployAsync("batched", "batched", 1, "test", null, default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public async Task A_file_is_scored_followed_and_fetched(string format)
    {
        var client = await shared.Server.ClientAsync(KeyRole.Application);
        var started = await StartAsync(client, $"?deployment=batched&name=people.csv&format={format}");
        var id = started.GetProperty("id").GetString()!;
        started.GetProperty("state").GetString().ShouldBe("queued");
        started.GetProperty("version").GetInt32().ShouldBe(1);
        using var early = await client.GetAsync($"/api/batches/{id}/file");
        (await early.ProblemAsync(409)).ShouldContain("queued");

        var feed = FollowAsync(client, id);
        await RunAsync(id);
        var events = await feed;
        events[^1].Type.ShouldBe("done");
        events[^1].Data.GetProperty("state").GetString().ShouldBe("succeeded");
        events.SkipLast(1).ShouldAllBe(e => e.Type == "progress");

        var done = await (await client.GetAsync($"/api/batches/{id}")).JsonAsync();
        (done.GetProperty("rows").GetInt32(), done.GetProperty("errors").GetInt32()).ShouldBe((3, 1));
        string.Join(' ', done.GetProperty("warnings").EnumerateArray()).ShouldContain("'income'");
        using var file = await client.GetAsync($"/api/batches/{id}/file");
        file.Content.Headers.ContentDisposition!.FileName!.Trim('"').ShouldBe($"people.predictions.{format}");
        var bytes = await file.Content.ReadAsByteArrayAsync();
        if (format == "parquet")
        {
            bytes.AsSpan(0, 4).SequenceEqual("PAR1"u8).ShouldBeTrue();
            return;
        }

        // The skew law: the same numbers as one by one.
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        lines[0].ShouldBe("prediction,probability:no,probability:yes,error");
        using var single = await client.PostAsync(
            "/api/models/batched/predict", new StringContent("{\"rows\":[{\"age\":80,\"city\":\"Paris\"}]}", Encoding.UTF8, "application/json"));
        var row = (await single.JsonAsync()).GetProperty("predictions")[0];
        lines[2].ShouldBe($"{row.GetProperty("prediction").GetString()},{row.GetProperty("probabilities").GetProperty("no").GetRawText()},{row.GetProperty("probabilities").GetProperty("yes").GetRawText()},");
        lines[3].ShouldContain("no number");
    }

    [Fact]
    public async Task A_file_holds_what_was_asked_for_beside_the_predictions()
    {
        var client = await shared.Server.ClientAsync(KeyRole.Application);
        var started = await StartAsync(client, "?deployment=batched&name=people.csv&topK=1");
        started.GetProperty("options").GetProperty("topK").GetInt32().ShouldBe(1);
        var id = started.GetProperty("id").GetString()!;
        await RunAsync(id);
        var lines = (await client.GetStringAsync($"/api/batches/{id}/file")).Split('\n');
        lines[0].ShouldBe("prediction,top1,top1:probability,error");
        lines[1].Split(',').Length.ShouldBe(4);
        lines[3].ShouldStartWith(",,,");
    }

    [Fact]
    public async Task A_batch_is_cancelled_resumed_and_removed()
    {
        var client = await shared.Server.ClientAsync(KeyRole.Application);
        var id = (await StartAsync(client, "?deployment=batched&name=people.csv")).GetProperty("id").GetString()!;
        using var cancelled = await client.PostAsync($"/api/batches/{id}/cancel", null);
        (await cancelled.JsonAsync()).GetProperty("state").GetString().ShouldBe("cancelled");
        await RunAsync(id);
        shared.Server.Get<BatchStore>().Find(id)!.State.ShouldBe(BatchState.Cancelled);
        await (await client.PostAsync($"/api/batches/{id}/cancel", null)).ProblemAsync(409);
        (await (await client.PostAsync($"/api/batches/{id}/resume", null)).JsonAsync()).GetProperty("state").GetString().ShouldBe("queued");
        await (await client.DeleteAsync($"/api/batches/{id}")).ProblemAsync(409);
        await RunAsync(id);
        await (await client.PostAsync($"/api/batches/{id}/resume", null)).ProblemAsync(409);
        (await client.DeleteAsync($"/api/batches/{id}")).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        Directory.Exists(shared.Server.Get<BatchStore>().Folder(id)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_broken_file_is_told_and_an_applications_batches_are_its_own()
    {
        var client = await shared.Server.ClientAsync(KeyRole.Application);
        var id = (await StartAsync(client, "?deployment=batched&name=other.csv", "colour\nred\n")).GetProperty("id").GetString()!;
        await RunAsync(id);
        var failed = await (await client.GetAsync($"/api/batches/{id}")).JsonAsync();
        failed.GetProperty("state").GetString().ShouldBe("failed");
        failed.GetProperty("error").GetString()!.ShouldContain("age");

        var stranger = shared.Server.Client();
        stranger.DefaultRequestHeaders.Add("X-Api-Key", (await shared.Server.Get<KeyService>().CreateAsync("stranger", KeyRole.Application, default)).Secret);
        await (await stranger.GetAsync($"/api/batches/{id}")).ProblemAsync(404);
        (await (await stranger.GetAsync("/api/batches")).JsonAsync()).GetArrayLength().ShouldBe(0);
        var analyst = await shared.Server.ClientAsync(KeyRole.Analyst);
        (await (await analyst.GetAsync("/api/batches")).JsonAsync()).EnumerateArray().ShouldContain(b => b.GetProperty("id").GetString() == id);
    }

    [Theory]
    [InlineData("?name=a.csv", 400, "deployment")]
    [InlineData("?deployment=none&name=a.csv", 404, "none")]
    [InlineData("?deployment=batched", 400, "file name")]
    [InlineData("?deployment=batched&name=a.csv&format=xml", 400, "xml")]
    [InlineData("?deployment=batched&dataset=none", 404, "none")]
    [InlineData("?deployment=batched&name=a.csv&topK=0", 400, "topK")]
    [InlineData("?deployment=batched&name=a.csv&topK=many", 400, "topK")]
    [InlineData("?deployment=batched&name=a.csv&interval=0.9", 400, "interval")]
    public async Task What_cannot_be_scored_is_refused(string query, int status, string word)
    {
        var client = await shared.Server.ClientAsync(KeyRole.Analyst);
        using var refused = await client.PostAsync("/api/batches" + query, new StringContent(Csv));
        (await refused.ProblemAsync(status)).ShouldContain(word);
        await (await client.GetAsync("/api/batches/..%2F..%2Fjobs.db")).ProblemAsync(404);
    }

    private Task RunAsync(string id) =>
        ActivatorUtilities.CreateInstance<BatchRunner>(shared.Server.App.Services).RunAsync(id, takeOver: false, CancellationToken.None);

    private static async Task<JsonElement> StartAsync(HttpClient client, string query, string content = Csv)
    {
        using var answer = await client.PostAsync("/api/batches" + query, new StringContent(content));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private static async Task<List<(string Type, JsonElement Data)>> FollowAsync(HttpClient client, string id)
    {
        using var stream = await client.GetStreamAsync($"/api/batches/{id}/events");
        var events = new List<(string, JsonElement)>();
        await foreach (var item in SseParser.Create(stream, (_, bytes) => JsonDocument.Parse(bytes.ToArray()).RootElement).EnumerateAsync())
            events.Add((item.EventType, item.Data));
        return events;
    }
}
