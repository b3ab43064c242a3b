namespace AlgoFactory.Cli.Tests;

/// <summary>What the plan commands send to a server, which is a listener here that answers what a server would.</summary>
public sealed class PlanCommandTests : IDisposable
{
    private const string Deployment =
        """{"name":"churn","model":"churn","version":3,"hash":"h","revision":7,"changedAt":"2030-01-01T00:00:00+00:00","changedBy":"ann","reason":"deploy","plan":{"kind":"single","arms":[{"name":"live","model":"churn","version":3,"hash":"h","share":1}]}""";

    private readonly FakeServer _server = new(call =>
        call.Path.EndsWith("/history", StringComparison.Ordinal) ? $"[{Deployment}}}]"
        : call.Method == "GET" ? $$"""{"deployment":{{Deployment}}},"nodes":[{"node":"node/1","served":null,"error":"gone"}]}"""
        : $$"""{{Deployment}},"waitingFor":{{(call.Path.EndsWith("/rollback", StringComparison.Ordinal) ? "[\"node/2\"]" : "[]")}}}""");

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task A_canary_is_planned_from_what_serves_now_and_only_from_that()
    {
        var run = await RunAsync("canary", "churn", "--to", "4", "--percent", "10", "--steps", "25@30m,100@2h", "--max-error-rate", "0.02", "--reason", "try");
        run.Code.ShouldBe(0, run.Error);
        run.Output.ShouldBe("churn serves churn/3 (change 7).\n");
        var (method, path, match, body) = _server.Calls[^1];
        (method, path, match).ShouldBe(("PUT", "/api/deployments/churn/plan", "\"7\""));
        body.GetRawText().ShouldBe(
            """{"kind":"canary","arms":[{"model":"churn","version":3},{"model":null,"version":4,"percent":10}],"guard":{"maxErrorRate":0.02,"maxP95Ms":null,"onDrift":false},"rollout":{"steps":[{"percent":25,"waitSeconds":1800},{"percent":100,"waitSeconds":7200}]},"reason":"try"}""");
    }

    [Fact]
    public async Task Versions_are_numbers_or_of_another_model_and_may_have_weights()
    {
        (await RunAsync("ab", "churn", "3=80", "other/4=20")).Code.ShouldBe(0);
        _server.Calls[^1].Body.GetProperty("arms").GetRawText().ShouldBe("""[{"model":null,"version":3,"weight":80},{"model":"other","version":4,"weight":20}]""");
        (await RunAsync("fallback", "churn", "3", "2", "--timeout-ms", "50", "--constant", "0.5")).Code.ShouldBe(0);
        _server.Calls[^1].Body.GetProperty("constant").GetDouble().ShouldBe(0.5);
        _server.Calls[^1].Body.GetProperty("timeoutMs").GetInt32().ShouldBe(50);
        (await RunAsync("fallback", "churn", "3", "--constant", "leaves")).Code.ShouldBe(0);
        _server.Calls[^1].Body.GetProperty("constant").GetString().ShouldBe("leaves");
        (await RunAsync("ab", "churn", "3", "newest")).ShouldFail(2, "'newest' is no version");
        (await RunAsync("canary", "churn", "--to", "4", "--steps", "25")).ShouldFail(2, "'25' is no step");
        (await RunAsync("set", "churn", "no-such-file.json")).ShouldFail(1, "There is no file");
    }

    [Fact]
    public async Task Promote_and_rollback_say_when_a_server_has_not_followed()
    {
        var run = await RunAsync("promote", "churn", "--json");
        run.Json.GetProperty("revision").GetInt32().ShouldBe(7);
        var back = await CliRun.Of("rollback", "churn", "--reason", "bad", "--url", _server.Url);
        back.Code.ShouldBe(0);
        back.Error.ShouldContain("node/2");
        _server.Calls[^1].Body.GetProperty("reason").GetString().ShouldBe("bad");
    }

    [Fact]
    public async Task Show_and_history_are_tables()
    {
        var shown = await RunAsync("show", "churn");
        shown.Output.ShouldContain("churn serves churn/3");
        shown.Output.ShouldContain("node/1");
        (await RunAsync("history", "churn")).Output.ShouldContain("deploy");
    }

    private Task<CliRun> RunAsync(params string[] arguments) => CliRun.Of(["plan", .. arguments, "--url", _server.Url]);
}
