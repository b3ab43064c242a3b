using System.Net;
using System.Net.Http.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Monitoring;

public sealed class MonitoringApiTests
{
    [Fact]
    public async Task Settings_are_checked_kept_and_audited()
    {
        await using var server = await DeployedAsync("Monitoring:WebhookHosts:0=hooks.example.com");
        var client = await server.ClientAsync(KeyRole.Operator);
        foreach (var (settings, word) in new (object, string)[]
        {
            (new { log = new { share = 2 } }, "share"),
            (new { rules = new[] { new { signal = "metric", threshold = 0.5 } } }, "metric"),
            (new { rules = new[] { new { signal = "metric", threshold = 0.5, metric = "acu" } } }, "acu"),
            (new { rules = new[] { new { signal = "cpu", threshold = 90 } } }, "'cpu' is a share"),
            (new { rules = new[] { new { signal = "memory", threshold = 0 } } }, "'memory' is a share"),
            (new { rules = new[] { new { signal = "gcPause", threshold = -0.1 } } }, "'gcPause' is a share"),
            (new { rules = new[] { new { signal = "turnedAway", threshold = 5 } } }, "0.05 for 5 %"),
            (new { rules = new[] { new { signal = "errorRate", threshold = 5 } } }, "'errorRate' is a share"),
            (new { rules = new[] { new { signal = "latency", threshold = 1 }, new { signal = "latency", threshold = 2 } } }, "two rules of 'latency'"),
            (new { rules = new[] { new { signal = "queue", threshold = 0 } } }, "wait for a thread"),
            (new { rules = new[] { new { signal = "jobsWaiting", threshold = -1 } } }, "batches and experiments"),
            (new { rules = new[] { new { signal = "cpu", threshold = 0.9, metric = "auc" } } }, "metric"),
            (new { rules = new[] { new { signal = "cpuu", threshold = 0.9 } } }, "(at $.rules[0].signal): a value is not of the type that belongs there, or none of the words"),
            (new { webhooks = new[] { "http://169.254.169.254/latest" } }, "169.254.169.254"),
            (new { mail = new[] { "ops@example.com, root@localhost" } }, "mail"),
            (new { retrain = new { everyDays = -1 } }, "everyDays"),
            (new { drift = new { falseAlarmsADay = 0 } }, "falseAlarmsADay"),
            (new { drift = new { windowRows = 199 } }, "windowRows"),
            (new { drift = new { windowRows = 20_001 } }, "windowRows"),
            (new { rules = (object?)null }, ""),
        })
            (await (await client.PutAsJsonAsync("/api/monitoring/people/settings", settings)).ProblemAsync(400)).ShouldContain(word);
        await (await client.PutAsJsonAsync("/api/monitoring/none/settings", new { })).ProblemAsync(404);

        (await client.PutAsJsonAsync("/api/monitoring/people/settings", new { segment = "city", webhooks = new[] { "https://hooks.example.com/x" }, log = new { share = 0, masked = new[] { "age" } } }))
            .StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var view = await (await client.GetAsync("/api/monitoring/people")).JsonAsync();
        view.GetProperty("settings").GetProperty("segment").GetString().ShouldBe("city");
        view.GetProperty("settings").GetProperty("rules").GetArrayLength().ShouldBe(MonitorSettings.Default.Rules.Length);
        server.Get<PredictionLog>().PolicyOf("people").Share.ShouldBe(0);
        (await server.Get<IAuditLog>().ListAsync(1, default))[0].Action.ShouldBe("monitoring.set");
    }

    [Fact]
    public async Task Alerts_are_silenced_and_challengers_decided_by_people()
    {
        await using var server = await DeployedAsync();
        var store = server.Get<IMonitoringStore>();
        var client = await server.ClientAsync(KeyRole.Operator);
        var alert = new Alert("a1", "people", new AlertRule(AlertSignal.Drift, 1), AlertState.Firing, DateTimeOffset.UtcNow, 1, "It drifts.");
        await store.ChangeAlertAsync("a1", _ => alert, default);
        (await client.PostAsJsonAsync("/api/alerts/a1/silence", new { hours = 2 })).EnsureSuccessStatusCode();
        (await store.AlertsAsync("people", 1, default))[0].IsSilenced(DateTimeOffset.UtcNow.AddHours(1)).ShouldBeTrue();
        await (await client.PostAsJsonAsync("/api/alerts/a1/silence", new { hours = -1 })).ProblemAsync(400);
        await (await client.PostAsJsonAsync("/api/alerts/a2/silence", new { hours = 1 })).ProblemAsync(404);

        (await client.PostAsync("/api/monitoring/people/retrain", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await (await client.PostAsync("/api/monitoring/people/retrain", null)).ProblemAsync(409)).ShouldContain("already");
        var begun = (await store.RetrainingsAsync("people", 1, default))[0];
        await (await client.PostAsync($"/api/retrainings/{begun.Id}/promote", null)).ProblemAsync(409);
        server.Publish("people", TinyModels.Fit(TaskKind.Binary, 2));
        await store.ChangeRetrainingAsync(begun.Id, old => old! with { State = RetrainingState.Waiting, Challenger = 2 }, default);
        (await client.PostAsync($"/api/retrainings/{begun.Id}/promote", null)).EnsureSuccessStatusCode();
        (await (await client.GetAsync("/api/deployments/people")).JsonAsync()).GetProperty("served").GetProperty("version").GetProperty("version").GetInt32().ShouldBe(2);
        (await store.RetrainingsAsync("people", 1, default))[0].State.ShouldBe(RetrainingState.Promoted);
        await (await client.PostAsync($"/api/retrainings/{begun.Id}/reject", null)).ProblemAsync(409);
    }

    [Fact]
    public async Task The_pages_show_what_moved_and_what_to_do()
    {
        await using var server = await DeployedAsync();
        var store = server.Get<IMonitoringStore>();
        var now = DateTimeOffset.UtcNow;
        await store.AddAsync(
            new DriftReport
            {
                Id = "r1",
                Deployment = "people",
                Model = "people",
                Version = 1,
                From = now.AddHours(-1),
                Until = now,
                Rows = 500,
                Columns = [new ColumnDrift("<b>age</b>", DriftCause.Distribution, 1e-9, 0.3, 0.2) { Bins = ["up to 1", "above 1"], Before = [1, 1], Now = [1, 9] }, new ColumnDrift("city", DriftCause.None, 1, 0, 0)],
            },
            default);
        await store.AddAsync(
            new DriftReport { Id = "r2", Deployment = "people", Model = "people", Version = 1, Window = DriftWindow.Rows, From = now.AddDays(-9), Until = now, Rows = 300, Columns = [new ColumnDrift("town", DriftCause.Missing, 1e-9, 0, 0)] },
            default);
        await store.ChangeAlertAsync("a1", _ => new Alert("a1", "people", new AlertRule(AlertSignal.Drift, 1), AlertState.Firing, now, 1, "The rows <i>changed</i>."), default);
        var client = await server.ClientAsync(KeyRole.Operator);
        var page = await client.GetStringAsync("/deployments/people/monitoring");
        page.ShouldContain("&lt;b&gt;age&lt;/b&gt; changed.");
        page.ShouldContain("train a challenger");
        page.ShouldContain("The rows &lt;i&gt;changed&lt;/i&gt;.");
        page.ShouldContain("data-silence=\"a1\"");
        page.ShouldNotContain("newest 300 rows", Case.Insensitive, "the settings have no such windows");
        (await client.PutAsJsonAsync("/api/monitoring/people/settings", new { drift = new { windowRows = 300 } })).EnsureSuccessStatusCode();
        page = await client.GetStringAsync("/deployments/people/monitoring");
        page.ShouldContain("Drift, of the newest 300 rows");
        page.ShouldContain("town changed.");
        foreach (var (window, id) in new[] { ("time", "r1"), ("rows", "r2") })
            (await (await client.GetAsync($"/api/monitoring/people/reports?window={window}")).JsonAsync())[0].GetProperty("id").GetString().ShouldBe(id);
        (await (await client.GetAsync("/api/monitoring/people/reports?window=weeks")).ProblemAsync(400)).ShouldContain("'time' or 'rows'");
        (await client.GetStringAsync("/alerts")).ShouldContain("/deployments/people/monitoring");
        (await client.GetAsync("/deployments/none/monitoring")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await (await server.ClientAsync(KeyRole.Analyst)).GetStringAsync("/deployments/people/monitoring")).ShouldNotContain("data-silence");
        (await (await server.ClientAsync(KeyRole.Analyst)).GetStringAsync("/deployments/people/monitoring")).ShouldNotContain("data-monitor-settings");
    }

    [Fact]
    public async Task The_page_shows_how_each_server_fared()
    {
        await using var server = await DeployedAsync();
        var client = await server.ClientAsync(KeyRole.Analyst);
        (await client.GetStringAsync("/deployments/people/monitoring")).ShouldNotContain("Servers, last hour");
        var (store, now) = (server.Get<INodeMinuteStore>(), DateTimeOffset.UtcNow);
        NodeMinute Minute(string node, int ago) => new(node, now.AddMinutes(-ago)) { Cpu = 0.75, MemoryUsed = 3L << 30, MemoryLimit = 4L << 30, Requests = 200, ServerBusy = 30, KeyLimited = 20, Queue = 12 };
        foreach (var minute in (NodeMinute[])[Minute("<i>a</i>:1", 20), Minute("<i>a</i>:1", 19), Minute("<i>a</i>:1", 1) with { Cpu = 0.5 }, Minute("b:2", 40), Minute("gone:3", 100)])
            await store.AddAsync(minute, default);
        var page = await client.GetStringAsync("/deployments/people/monitoring");
        page.ShouldContain("data-node=\"&lt;i&gt;a&lt;/i&gt;:1\"");
        page.ShouldContain("Busy cores, last hour: at most 75");
        page.ShouldContain("3.2 GB of 4.3 GB");
        page.ShouldContain("Turned away, last hour: at most 25");
        page.ShouldContain("silent for 40 minutes");
        page.ShouldNotContain("gone:3");
        // One line of two minutes, and one minute alone; where they stand depends on how long ago that is by now.
        page.ShouldMatch("minute-now\" d=\"M[0-9.]+ [0-9.]+h0.5L[0-9.]+ [0-9.]+M[0-9.]+ [0-9.]+h0.5\"");
    }

    private static async Task<TestServer> DeployedAsync(params string[] settings)
    {
        var server = await TestServer.StartAsync(settings);
        server.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        return server;
    }
}
