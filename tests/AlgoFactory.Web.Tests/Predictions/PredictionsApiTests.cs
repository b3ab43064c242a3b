using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Predictions;

[Collection(SharedServerTests.Name)]
public sealed class PredictionsApiTests(SharedServer shared) : IAsyncLifetime
{
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        _client = await shared.Server.ClientAsync(Serving.Access.KeyRole.Application);
        if (shared.Server.Get<Serving.Registry.ModelRegistry>().Find("people") is not null)
            return;
        foreach (var (name, kind) in new[] { ("people", TaskKind.Binary), ("levels", TaskKind.Multiclass), ("amounts", TaskKind.Regression) })
        {
            shared.Server.Publish(name, TinyModels.Trusted(kind));
            await shared.Server.Get<Serving.Deployments.DeploymentService>().DeployAsync(name, name, 1, "test", null, default);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task An_answer_has_the_shape_that_the_design_gives()
    {
        var answer = await PostAsync("/api/models/people/predict", """{"id":"order 7","rows":[{"age":30,"income":1000.5,"city":"Wien","member":true,"joined":"2001-02-03","note":"cheap good"}]}""");
        answer.GetProperty("id").GetString().ShouldBe("order 7");
        answer.GetProperty("model").GetString().ShouldBe("people");
        answer.GetProperty("version").GetInt32().ShouldBe(1);
        answer.GetProperty("hash").GetString()!.Length.ShouldBe(64);
        answer.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        var row = answer.GetProperty("predictions")[0];
        row.GetProperty("prediction").GetString().ShouldBeOneOf("no", "yes");
        var sum = row.GetProperty("probabilities").EnumerateObject().Sum(p => p.Value.GetSingle());
        sum.ShouldBe(1f, 1e-6f);
    }

    [Fact]
    public async Task Each_task_answers_in_its_way()
    {
        const string rows = """{"rows":[{"age":30},{"age":80}]}""";
        (await PostAsync("/api/models/levels/predict", rows)).GetProperty("predictions")[1].GetProperty("probabilities").EnumerateObject().Count().ShouldBe(3);
        var value = (await PostAsync("/api/models/amounts/predict", rows)).GetProperty("predictions")[0];
        value.GetProperty("prediction").ValueKind.ShouldBe(JsonValueKind.Number);
        value.TryGetProperty("probabilities", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_form_is_answered_as_the_same_rows_in_json()
    {
        using var form = new MultipartFormDataContent();
        foreach (var (age, note) in ((string, string)[])[("30", "cheap, good"), ("80", "")])
        {
            form.Add(new StringContent(age), "age");
            form.Add(new StringContent(note), "note");
        }

        using var answer = await _client.PostAsync("/api/models/amounts/predict", form);
        var rows = await answer.Content.ReadFromJsonAsync<JsonElement>();
        var same = await PostAsync("/api/models/amounts/predict", """{"rows":[{"age":30,"note":"cheap, good"},{"age":80,"note":null}]}""");
        rows.GetProperty("predictions").GetRawText().ShouldBe(same.GetProperty("predictions").GetRawText());
    }

    [Fact]
    public async Task Intervals_and_sets_are_given_where_they_are_asked_for()
    {
        var regression = await PostAsync("/api/models/amounts/predict", """{"rows":[{"age":30},{"age":80}],"interval":0.9}""");
        foreach (var row in regression.GetProperty("predictions").EnumerateArray())
        {
            var (value, interval) = (row.GetProperty("prediction").GetSingle(), row.GetProperty("interval"));
            interval.GetProperty("lower").GetSingle().ShouldBeLessThanOrEqualTo(value);
            interval.GetProperty("upper").GetSingle().ShouldBeGreaterThanOrEqualTo(value);
        }

        var classes = await PostAsync("/api/models/levels/predict", """{"set":0.8,"rows":[{"age":30}]}""");
        var answer = classes.GetProperty("predictions")[0];
        answer.GetProperty("set").EnumerateArray().Select(c => c.GetString()).ShouldContain(answer.GetProperty("prediction").GetString());
        using var csv = await _client.PostAsync("/api/models/amounts/predict?interval=0.9", new StringContent("age\n30\n80\n", Encoding.UTF8, "text/csv"));
        var same = await csv.Content.ReadFromJsonAsync<JsonElement>();
        same.GetProperty("predictions").GetRawText().ShouldBe(regression.GetProperty("predictions").GetRawText());
    }

    [Theory]
    [InlineData("amounts", "\"set\":0.9", "'interval'")]
    [InlineData("levels", "\"interval\":0.9", "'set'")]
    [InlineData("amounts", "\"interval\":0.2", "0.5 to 0.999")]
    [InlineData("amounts", "\"interval\":90", "between 0 and 1")]
    [InlineData("amounts", "\"interval\":0.99", "too few")]
    public async Task Intervals_and_sets_that_cannot_be_are_refused_with_the_reason(string model, string field, string word)
    {
        using var answer = await _client.PostAsync($"/api/models/{model}/predict", new StringContent($$"""{"rows":[{"age":30}],{{field}}}""", Encoding.UTF8, "application/json"));
        (await answer.ProblemAsync(400)).ShouldContain(word);
    }

    [Fact]
    public async Task Missing_features_are_named_and_label_and_ignored_columns_are_passed_over()
    {
        var answer = await PostAsync("/api/models/people/predict", """{"rows":[{"age":30,"id":"x1","outcome":"yes"}]}""");
        var warnings = string.Join(" ", answer.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()));
        warnings.ShouldContain("income");
        warnings.ShouldNotContain("outcome");
    }

    [Theory]
    [InlineData("""{"rows":[{"agee":30}]}""", "'age'")]
    [InlineData("""{"rows":[{"age":30},{"age":{"x":1}}]}""", "rows[1]")]
    [InlineData("""{"rows":{}}""", "rows")]
    [InlineData("""{"rows":[{"age":30}""", "")]
    [InlineData("""nonsense""", "")]
    [InlineData("""[]""", "")]
    public async Task Rows_that_do_not_fit_are_refused_with_a_sentence(string body, string word)
    {
        using var answer = await _client.PostAsync("/api/models/people/predict", new StringContent(body, Encoding.UTF8, "application/json"));
        (await answer.ProblemAsync(400)).ShouldContain(word);
    }

    [Fact]
    public async Task CSV_and_JSON_of_the_same_rows_give_the_same_numbers()
    {
        var texts = TinyModels.Texts(50, 9);
        string[] columns = ["age", "income", "city", "member", "joined", "note"];
        var csv = string.Join(',', columns) + "\n" + string.Join('\n', texts.Select(r => string.Join(',', columns.Select(c => $"\"{r[c]}\""))));
        var json = JsonSerializer.Serialize(new { rows = texts.Select(r => r.ToDictionary(p => p.Key, p => p.Value)) });
        using var ofCsv = await _client.PostAsync("/api/models/people/predict", new StringContent(csv, Encoding.UTF8, "text/csv"));
        ofCsv.StatusCode.ShouldBe(HttpStatusCode.OK);
        var one = (await ofCsv.JsonAsync()).GetProperty("predictions").GetRawText();
        var two = (await PostAsync("/api/models/people/predict", json)).GetProperty("predictions").GetRawText();
        one.ShouldBe(two);
    }

    [Fact]
    public async Task A_version_is_pinned_by_its_number()
    {
        const string rows = """{"rows":[{"age":30}]}""";
        (await PostAsync("/api/models/people/versions/1/predict", rows)).GetProperty("predictions").GetRawText()
            .ShouldBe((await PostAsync("/api/models/people/predict", rows)).GetProperty("predictions").GetRawText());
        using var missing = await _client.PostAsync("/api/models/people/versions/7/predict", new StringContent(rows, Encoding.UTF8, "application/json"));
        await missing.ProblemAsync(404);
    }

    [Fact]
    public async Task A_refusal_does_not_cost_the_caller_its_connection()
    {
        var connections = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                connections++;
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = shared.Server.Address };
        client.DefaultRequestHeaders.Add("X-Api-Key", await shared.Server.KeyAsync(Serving.Access.KeyRole.Application));
        for (var i = 0; i < 5; i++)
        {
            await (await client.PostAsync("/api/models/people/predict", new StringContent("{", Encoding.UTF8, "application/json"))).ProblemAsync(400);
            await (await client.PostAsync("/api/models/none/predict", new StringContent("{}", Encoding.UTF8, "application/json"))).ProblemAsync(404);
        }

        connections.ShouldBe(1);
    }

    [Fact]
    public async Task A_request_beyond_the_limits_is_refused()
    {
        await using var small = await TestServer.StartAsync("Predictions:MaxBytes=2000", "Predictions:MaxRows=3");
        small.Publish("people", TinyModels.Fit(TaskKind.Binary, 1));
        await small.Get<Serving.Deployments.DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        var client = await small.ClientAsync();
        await (await client.PostAsJsonAsync("/api/models/people/predict", new { rows = Enumerable.Repeat(new { age = 1 }, 4) })).ProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/models/people/predict", new { rows = new[] { new { note = new string('x', 3000) } } })).ProblemAsync(413);
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "/api/models/people/predict")
        {
            Content = new StringContent($$"""{"rows":[{"note":"{{new string('x', 3000)}}"}]}""", Encoding.UTF8, "application/json"),
        };
        chunked.Headers.TransferEncodingChunked = true;
        await (await client.SendAsync(chunked)).ProblemAsync(413);
    }

    private async Task<JsonElement> PostAsync(string path, string body)
    {
        using var answer = await _client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/json"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }
}
