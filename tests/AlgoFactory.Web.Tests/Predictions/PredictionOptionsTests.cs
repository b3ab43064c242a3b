using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Predictions;

/// <summary>What a request may ask for beside its rows, and the forms its body may take.</summary>
[Collection(SharedServerTests.Name)]
public sealed class PredictionOptionsTests(SharedServer shared) : IAsyncLifetime
{
    private const string Rows = """
        "rows":[{"age":30,"city":"Wien"},{"age":80,"city":"Paris"}]
        """;

    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _client = await shared.Server.ClientAsync(KeyRole.Application);
        if (shared.Server.Get<Serving.Registry.ModelRegistry>().Find("opt-levels") is not null)
            return;
        foreach (var (name, kind) in new[] { ("opt-people", TaskKind.Binary), ("opt-levels", TaskKind.Multiclass), ("opt-amounts", TaskKind.Regression) })
        {
            shared.Server.Publish(name, TinyModels.Fit(kind, 1, "gbdt"));
            await shared.Server.Get<DeploymentService>().DeployAsync(name, name, 1, "test", null, default);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task The_most_probable_classes_come_first()
    {
        var all = (await PostAsync("opt-levels", "{" + Rows + "}")).GetProperty("predictions")[1].GetProperty("probabilities")
            .EnumerateObject().OrderByDescending(p => p.Value.GetSingle()).Select(p => (p.Name, p.Value.GetRawText())).ToArray();
        var row = (await PostAsync("opt-levels", "{" + Rows + ",\"topK\":2}")).GetProperty("predictions")[1];
        row.TryGetProperty("probabilities", out _).ShouldBeFalse();
        var top = row.GetProperty("top").EnumerateArray().Select(t => (t.GetProperty("class").GetString()!, t.GetProperty("probability").GetRawText()));
        top.ShouldBe(all.Take(2));
        row.GetProperty("prediction").GetString().ShouldBe(all[0].Name);
        var both = (await PostAsync("opt-levels", "{\"topK\":9,\"probabilities\":true," + Rows + "}")).GetProperty("predictions")[0];
        both.GetProperty("top").GetArrayLength().ShouldBe(3);
        both.GetProperty("probabilities").EnumerateObject().Count().ShouldBe(3);
        (await PostAsync("opt-people", "{\"probabilities\":false," + Rows + "}")).GetProperty("predictions")[0].EnumerateObject().Single().Name.ShouldBe("prediction");
    }

    [Theory]
    [InlineData("opt-people", "logOdds", "yes")]
    [InlineData("opt-levels", "logit", null)]
    [InlineData("opt-amounts", "value", "")]
    public async Task An_explanation_sums_to_the_raw_score_that_gives_the_prediction(string name, string scale, string? explained)
    {
        foreach (var row in (await PostAsync(name, "{\"explain\":true," + Rows + "}")).GetProperty("predictions").EnumerateArray())
        {
            var explanation = row.GetProperty("explanation");
            explanation.GetProperty("scale").GetString().ShouldBe(scale);
            var contributions = explanation.GetProperty("contributions").EnumerateObject().ToDictionary(c => c.Name, c => c.Value.GetDouble());
            contributions.Keys.ShouldBe(["age", "income", "city", "member", "joined", "note"]);
            var raw = explanation.GetProperty("rawScore").GetDouble();
            (explanation.GetProperty("base").GetDouble() + contributions.Values.Sum()).ShouldBe(raw, 1e-6);
            if (explained == "")
                row.GetProperty("prediction").GetDouble().ShouldBe(raw, 1e-4 * Math.Abs(raw));
            else
                explanation.GetProperty("class").GetString().ShouldBe(explained ?? row.GetProperty("prediction").GetString());
            if (explained == "yes")
                row.GetProperty("probabilities").GetProperty("yes").GetDouble().ShouldBe(1 / (1 + Math.Exp(-raw)), 1e-5);
        }
    }

    [Fact]
    public async Task A_dry_run_checks_the_rows_and_predicts_nothing()
    {
        var answer = await PostAsync("opt-people", "{\"dryRun\":true," + Rows + "}");
        answer.GetProperty("checkedRows").GetInt32().ShouldBe(2);
        answer.GetProperty("predictions").GetArrayLength().ShouldBe(0);
        answer.GetProperty("warnings").GetArrayLength().ShouldBeGreaterThan(0);
        (await RefusedAsync("opt-people", "{\"dryRun\":true,\"rows\":[{\"agee\":1}]}", 400)).ShouldContain("'age'");
    }

    [Theory]
    [InlineData("opt-amounts", "\"topK\":1", "has no classes")]
    [InlineData("opt-people", "\"topK\":0", "from 1 on")]
    [InlineData("opt-people", "\"interval\":0.9", "'set'")]
    [InlineData("opt-amounts", "\"set\":0.9", "'interval'")]
    public async Task What_the_model_cannot_answer_is_refused_with_the_reason(string name, string option, string reason) =>
        (await RefusedAsync(name, "{" + option + "," + Rows + "}", 400)).ShouldContain(reason);

    [Fact]
    public async Task A_CSV_body_has_its_options_in_the_address()
    {
        var content = new StringContent("age,city\n30,Wien\n", Encoding.UTF8, "text/csv");
        using var answer = await _client.PostAsync("/api/models/opt-levels/predict?topK=1&explain=true&timeoutMs=20000", content);
        var row = (await answer.JsonAsync()).GetProperty("predictions")[0];
        row.GetProperty("top").GetArrayLength().ShouldBe(1);
        row.GetProperty("explanation").GetProperty("contributions").EnumerateObject().Count().ShouldBe(6);
        foreach (var (query, word) in new[] { ("topk=1", "'topk'"), ("topK=x", "'x'"), ("explain=1", "true or false"), ("interval=2", "between 0 and 1") })
        {
            using var refused = await _client.PostAsync("/api/models/opt-levels/predict?" + query, new StringContent("age\n1\n", Encoding.UTF8, "text/csv"));
            (await refused.ProblemAsync(400)).ShouldContain(word);
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_packed_body_is_the_same_body(string encoding)
    {
        var body = "{" + Rows + "}";
        using var request = Packed("opt-people", encoding, Encoding.UTF8.GetBytes(body));
        using var answer = await _client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.JsonAsync()).GetProperty("predictions").GetRawText().ShouldBe((await PostAsync("opt-people", body)).GetProperty("predictions").GetRawText());
    }

    [Fact]
    public async Task What_cannot_be_unpacked_is_refused_and_a_bomb_stays_small()
    {
        using var broken = Packed("opt-people", "gzip", "{}"u8.ToArray(), pack: false);
        (await (await _client.SendAsync(broken)).ProblemAsync(400)).ShouldContain("gzip");
        using var unknown = Packed("opt-people", "zstd", "{}"u8.ToArray(), pack: false);
        (await (await _client.SendAsync(unknown)).ProblemAsync(415)).ShouldContain("zstd");

        await using var small = await TestServer.StartAsync("Predictions:MaxBytes=100000");
        small.Publish("people", TinyModels.Fit(TaskKind.Binary, 1));
        await small.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var client = await small.ClientAsync();
        // 50 MB of blanks in 50 kB.
        using var bomb = Packed("people", "gzip", Enumerable.Repeat((byte)' ', 50 << 20).ToArray());
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await (await client.SendAsync(bomb)).ProblemAsync(413);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(5 << 20);
    }

    private static HttpRequestMessage Packed(string name, string encoding, byte[] body, bool pack = true)
    {
        var packed = new MemoryStream();
        using (Stream to = !pack ? packed : encoding switch
        {
            "gzip" => new GZipStream(packed, CompressionLevel.Optimal),
            "deflate" => new ZLibStream(packed, CompressionLevel.Optimal),
            _ => new BrotliStream(packed, CompressionLevel.Fastest),
        })
            to.Write(body);
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/models/{name}/predict") { Content = new ByteArrayContent(packed.ToArray()) };
        request.Content.Headers.ContentType = new("application/json");
        request.Content.Headers.ContentEncoding.Add(encoding);
        return request;
    }

    private async Task<JsonElement> PostAsync(string name, string body)
    {
        using var answer = await _client.PostAsync($"/api/models/{name}/predict", new StringContent(body, Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private async Task<string> RefusedAsync(string name, string body, int status)
    {
        using var answer = await _client.PostAsync($"/api/models/{name}/predict", new StringContent(body, Encoding.UTF8, "application/json"));
        return await answer.ProblemAsync(status);
    }
}
