using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Deployments;

[Collection(SharedServerTests.Name)]
public sealed class PlansApiTests(SharedServer shared) : IAsyncLifetime
{
    private const string Rows = """{"rows":[{"age":30,"income":1000.5,"city":"Wien","member":true,"joined":"2001-02-03","note":"cheap"}]}""";

    private readonly string _name = $"plans-{Guid.NewGuid():N}"[..20];
    private HttpClient _operator = null!, _application = null!;

    private string Address => $"/api/deployments/{_name}";

    public async Task InitializeAsync()
    {
        _operator = await shared.Server.ClientAsync(KeyRole.Operator);
        _application = await shared.Server.ClientAsync(KeyRole.Application);
        for (var seed = 1; seed <= 3; seed++)
            shared.Server.Publish(_name, TinyModels.Fit(TaskKind.Binary, seed));
        (await _operator.PutAsJsonAsync(Address, new { version = 1 })).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task A_canary_answers_its_keys_by_body_header_or_address_and_is_told_in_answer_and_metrics()
    {
        var changed = await PlanAsync(new { kind = "canary", arms = new object[] { new { version = 1 }, new { version = 2, percent = 50 } }, reason = "try 2" });
        changed.GetProperty("revision").GetInt32().ShouldBe(2);
        changed.GetProperty("waitingFor").GetArrayLength().ShouldBe(0);
        var arms = new Dictionary<string, string>();
        for (var i = 0; i < 40; i++)
        {
            var key = $"customer {i}";
            var answer = await PredictAsync($$"""{"key":"{{key}}",{{Rows[1..]}}""");
            arms[key] = answer.GetProperty("arm").GetString()!;
            answer.GetProperty("version").GetInt32().ShouldBe(arms[key] == "canary" ? 2 : 1);
        }

        arms.Values.Distinct().Order().ShouldBe(["canary", "stable"]);
        foreach (var (key, arm) in arms.Take(10))
        {
            (await PredictAsync(Rows, $"?key={Uri.EscapeDataString(key)}")).GetProperty("arm").GetString().ShouldBe(arm);
            (await PredictAsync("age\n30\n", key: key, type: "text/csv")).GetProperty("arm").GetString().ShouldBe(arm);
            using var tensors = await _application.PostAsync($"/v2/models/{_name}/infer", Json(
                $$$"""{"parameters":{"key":"{{{key}}}"},"inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[30]}]}"""));
            (await tensors.JsonAsync()).GetProperty("parameters").GetProperty("arm").GetString().ShouldBe(arm);
        }

        var metrics = await shared.Server.Client().GetStringAsync("/metrics");
        metrics.ShouldContain($"algofactory_predictions_requests_total{{deployment=\"{_name}\",model=\"{_name}\",version=\"2\",arm=\"canary\",outcome=\"answered\"}}");
        var node = (await _operator.GetFromJsonAsync<JsonElement>(Address)).GetProperty("nodes")[0].GetProperty("served").GetProperty("arms");
        node.EnumerateArray().Sum(a => a.GetProperty("requests").GetInt64()).ShouldBe(70);
        node[1].GetProperty("version").GetProperty("hash").GetString()!.Length.ShouldBe(64);
    }

    [Fact]
    public async Task Two_versions_that_do_not_fit_together_and_plans_that_are_none_are_refused()
    {
        shared.Server.Publish($"{_name}-n", TinyModels.Fit(TaskKind.Regression, 1));
        using var other = await _operator.PutAsJsonAsync($"{Address}/plan", new { kind = "ab", arms = new object[] { new { version = 1 }, new { model = $"{_name}-n" } } });
        (await other.ProblemAsync(400)).ShouldContain("cannot share a deployment");
        foreach (var (body, word) in new[] { ("""{"kind":"magic","arms":[]}""", "type"), ("""{"kind":"canary"}""", "two arms"), ("""{"kind":"fallback","arms":[{}],"constant":[1]}""", "'constant'"), ("""{"kind":"canary","arms":[{"vresion":1}]}""", "") })
        {
            using var refused = await _operator.PutAsync($"{Address}/plan", Json(body));
            (await refused.ProblemAsync(400)).ShouldContain(word);
        }

        using var key = await _application.PostAsync($"/api/models/{_name}/predict", Json("""{"key":{"a":1},"rows":[{"age":1}]}"""));
        (await key.ProblemAsync(400)).ShouldContain("'key'");
    }

    [Fact]
    public async Task A_change_from_what_is_no_longer_there_is_refused_and_the_audit_log_tells_from_what_to_what()
    {
        using var shown = await _operator.GetAsync(Address);
        shown.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var plan = new { kind = "ab", arms = new object[] { new { version = 1, weight = 3 }, new { version = 2 } }, reason = "compare" };
        (await SendAsync(HttpMethod.Put, $"{Address}/plan", plan, "\"1\"")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var late = await SendAsync(HttpMethod.Put, $"{Address}/plan", plan, "\"1\"");
        (await late.ProblemAsync(412)).ShouldContain("revision 2");
        using var nonsense = await SendAsync(HttpMethod.Post, $"{Address}/rollback", new { }, "\"two\"");
        await nonsense.ProblemAsync(400);
        (await shared.Server.Get<IAuditLog>().ListAsync(50, default)).First(e => e.Subject == _name)
            .ShouldSatisfyAllConditions(e => e.Action.ShouldBe("deployment.plan"), e => e.Detail.ShouldBe($"from {_name}/1 to ab {_name}/1 75 %, {_name}/2 25 %: compare"));
        using var promoted = await _operator.PostAsJsonAsync($"{Address}/promote", new { arm = "b" });
        (await promoted.JsonAsync()).GetProperty("version").GetInt32().ShouldBe(2);
        using var back = await _operator.PostAsync($"{Address}/rollback", null);
        (await back.JsonAsync()).GetProperty("plan").GetProperty("kind").GetString().ShouldBe("ab");
        (await _operator.GetFromJsonAsync<JsonElement>($"{Address}/history")).EnumerateArray().Select(h => h.GetProperty("reason").GetString())
            .ShouldBe(["rollback", "promote", "compare", "deploy"]);
        foreach (var role in new[] { KeyRole.Analyst, KeyRole.Application })
            (await (await shared.Server.ClientAsync(role)).PutAsJsonAsync($"{Address}/plan", plan)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_shadow_is_compared_and_never_answers()
    {
        await PlanAsync(new { kind = "shadow", arms = new object[] { new { version = 1 }, new { version = 2 } } });
        for (var i = 0; i < 20; i++)
            (await PredictAsync(Rows)).ShouldSatisfyAllConditions(a => a.GetProperty("version").GetInt32().ShouldBe(1), a => a.GetProperty("arm").GetString().ShouldBe("live"));
        var series = $"algofactory_shadow_rows_total{{deployment=\"{_name}\",model=\"{_name}\",version=\"2\",arm=\"shadow\"}} 20";
        await Until.TrueAsync(async () => (await shared.Server.Client().GetStringAsync("/metrics")).Contains(series, StringComparison.Ordinal));
        (await shared.Server.Client().GetStringAsync("/metrics")).ShouldContain($"algofactory_shadow_difference_count{{deployment=\"{_name}\",model=\"{_name}\",version=\"2\",arm=\"shadow\"}} 20");
        using var dry = await _application.PostAsync($"/api/models/{_name}/predict", Json($$"""{"dryRun":true,{{Rows[1..]}}"""));
        (await dry.JsonAsync()).GetProperty("checkedRows").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_fallback_asks_the_next_version_where_one_is_not_loaded_and_says_so()
    {
        var deployments = shared.Server.Get<DeploymentService>();
        var registry = shared.Server.Get<ModelRegistry>();
        var plan = new TrafficPlan(PlanKind.Fallback,
            [new PlanArm("first", _name, 3, new string('0', 64), 1), new PlanArm("second", _name, 2, registry.Find(_name, 2)!.Id.Hash, 0)]);
        // As if it had been saved by another node, on whose disk the first version is another one.
        var now = (await deployments.ShowAsync(_name, default)).Deployment;
        (await shared.Server.Get<IDeploymentStore>().SaveAsync(now with { Revision = 2, Version = 3, Hash = plan.Arms[0].Hash, Plan = plan }, default)).ShouldBeTrue();
        await deployments.SyncAsync(default);
        var answer = await PredictAsync(Rows);
        answer.GetProperty("version").GetInt32().ShouldBe(2);
        answer.GetProperty("warnings")[0].GetString().ShouldBe($"The version {_name}/3 ('first') is not loaded; the next in line was asked.");
        (await _operator.GetFromJsonAsync<JsonElement>(Address)).GetProperty("error").GetString()!.ShouldContain("'first'");
    }

    [Fact]
    public async Task A_fallback_that_is_late_answers_its_constant()
    {
        await PlanAsync(new { kind = "fallback", arms = new[] { new { version = 1 } }, constant = "no", timeoutMs = 1 });
        var many = JsonSerializer.Serialize(new { columns = new { age = Enumerable.Range(0, 50_000) } });
        // On a busy machine the clock's alarm may come later than the predictions, which then are not late.
        var answer = await PredictAsync(many);
        for (var tries = 1; tries < 20 && answer.GetProperty("version").GetInt32() != 0; tries++)
            answer = await PredictAsync(many);
        answer.GetProperty("version").GetInt32().ShouldBe(0);
        answer.GetProperty("arm").GetString().ShouldBe("constant");
        answer.GetProperty("predictions").GetArrayLength().ShouldBe(50_000);
        answer.GetProperty("predictions")[49_999].GetProperty("prediction").GetString().ShouldBe("no");
        answer.GetProperty("warnings").EnumerateArray().Select(w => w.GetString()!).ShouldContain(w => w.Contains("was late", StringComparison.Ordinal));
        await PlanAsync(new { kind = "fallback", arms = new[] { new { version = 1 }, new { version = 2 } }, timeoutMs = 60_000 });
        var first = await PredictAsync(Rows);
        first.GetProperty("arm").GetString().ShouldBe("first");
        first.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        using var wrong = await _application.PostAsync($"/api/models/{_name}/predict", Json("""{"rows":[{"agee":1}]}"""));
        (await wrong.ProblemAsync(400)).ShouldContain("'age'");
    }

    [Fact]
    public async Task A_rollout_runs_to_its_end_by_itself()
    {
        await PlanAsync(new
        {
            kind = "canary",
            arms = new object[] { new { version = 1 }, new { version = 2, percent = 0 } },
            rollout = new { steps = new[] { new { percent = 50, waitSeconds = 0 }, new { percent = 100, waitSeconds = 0 } } },
            guard = new { maxErrorRate = 0.5 },
        });
        await Until.TrueAsync(async () => (await _operator.GetFromJsonAsync<JsonElement>(Address)).GetProperty("deployment").GetProperty("version").GetInt32() == 2);
        (await _operator.GetFromJsonAsync<JsonElement>($"{Address}/history")).EnumerateArray().Select(h => h.GetProperty("changedBy").GetString()).Take(2).ShouldBe(["rollout", "rollout"]);
        (await PredictAsync(Rows)).TryGetProperty("arm", out _).ShouldBeFalse();
        using var back = await _operator.PostAsync($"{Address}/rollback", null);
        (await back.JsonAsync()).GetProperty("version").GetInt32().ShouldBe(1);
    }

    private async Task<JsonElement> PlanAsync(object plan)
    {
        using var answer = await _operator.PutAsJsonAsync($"{Address}/plan", plan);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private async Task<JsonElement> PredictAsync(string body, string query = "", string? key = null, string type = "application/json")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/models/{_name}/predict{query}") { Content = new StringContent(body, Encoding.UTF8, type) };
        if (key is not null)
            request.Headers.Add("X-Prediction-Key", key);
        using var answer = await _application.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await answer.JsonAsync();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string address, object body, string tag)
    {
        using var request = new HttpRequestMessage(method, address) { Content = JsonContent.Create(body) };
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        return await _operator.SendAsync(request);
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
