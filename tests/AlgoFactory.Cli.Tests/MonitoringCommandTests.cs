using System.Text.Json;

namespace AlgoFactory.Cli.Tests;

/// <summary>What the monitoring commands send to a server.</summary>
public sealed class MonitoringCommandTests : IDisposable
{
    private const string View =
        """{"deployment":"churn","settings":{"log":null,"segment":null,"drift":{"windowRows":null,"fewestRows":200,"psi":0.1},"rules":[{"signal":"drift","threshold":1}]},"report":null,"rowsReport":{"version":3,"rows":500,"from":"2030-01-01T00:00:00+00:00","until":"2030-01-09T00:00:00+00:00","columns":[{"column":"age","cause":"distribution","psi":0.3,"distance":0.2,"missingBefore":0.1,"missingNow":0.2}]},"alerts":[{"state":"firing","message":"It drifts."}],"retrainings":[]}""";

    private readonly FakeServer _server = new(call => call.Method == "PUT" ? "" : View);

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task Set_changes_what_is_named_and_leaves_the_rest()
    {
        var run = await RunAsync("set", "churn", "--window-rows", "500", "--log-share", "0.5", "--mask", "name, birthday", "--segment", "country");
        run.Code.ShouldBe(0, run.Error);
        var (method, path, _, body) = _server.Calls.Single(c => c.Method == "PUT");
        (method, path).ShouldBe(("PUT", "/api/monitoring/churn/settings"));
        body.GetRawText().ShouldBe(
            """{"log":{"share":0.5,"masked":["name","birthday"]},"segment":"country","drift":{"windowRows":500,"fewestRows":200,"psi":0.1},"rules":[{"signal":"drift","threshold":1}]}""");
        (await RunAsync("set", "churn", "--window-rows", "none")).Code.ShouldBe(0);
        _server.Calls.Last(c => c.Method == "PUT").Body.GetProperty("drift").GetProperty("windowRows").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task Wrong_arguments_are_told_in_a_sentence()
    {
        (await RunAsync("set", "churn")).ShouldFail(2, "--window-rows");
        (await RunAsync("set", "churn", "--window-rows", "many")).ShouldFail(2, "'many' is no number of rows");
        (await RunAsync("set", "churn", "--file", "no-such-file.json")).ShouldFail(1, "There is no file");
        _server.Calls.ShouldNotContain(c => c.Method == "PUT");
    }

    [Fact]
    public async Task Show_tells_drift_alerts_and_settings()
    {
        var run = await RunAsync("show", "churn");
        run.Output.ShouldContain("no drift report by the hour");
        run.Output.ShouldContain("500 rows from");
        run.Output.ShouldContain("age");
        run.Output.ShouldContain("Alert (firing): It drifts.");
        run.Output.ShouldContain("churn is logged as the server's settings say; drift is looked for by the hour, of 200 rows or more.");
    }

    private Task<CliRun> RunAsync(params string[] arguments) => CliRun.Of(["monitoring", .. arguments, "--url", _server.Url]);
}
