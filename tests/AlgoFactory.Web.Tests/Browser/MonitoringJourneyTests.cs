using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;
using Microsoft.Playwright;

namespace AlgoFactory.Web.Tests.Browser;

/// <summary>An operator in a real browser sets how a deployment is watched.</summary>
public sealed class MonitoringJourneyTests : IAsyncLifetime
{
    private const string Address = "/deployments/people/monitoring";
    private const int NarrowWidth = 420;

    private TestServer _server = null!;
    private WatchedBrowser _browser = null!;

    private IPage Page => _browser.Page;

    public async Task InitializeAsync()
    {
        _server = await TestServer.StartAsync("Monitoring:WebhookHosts:0=hooks.example.com");
        _server.Publish("people", TinyModels.Fit(TaskKind.Binary));
        await _server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        _browser = await WatchedBrowser.StartAsync(_server.Address);
        await Page.GotoAsync(Address);
        await Page.FillAsync("#key", await _server.KeyAsync(KeyRole.Operator));
        await Page.ClickAsync("button[type=submit]");
        await Page.WaitForURLAsync("**" + Address);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task Settings_are_filled_in_refused_with_a_sentence_and_saved()
    {
        // Saved as it stands, the form changes nothing.
        await SaveAsync("Saved.");
        var store = _server.Get<IMonitoringStore>();
        Text((await store.SettingsAsync(default))["people"]).ShouldBe(Text(MonitorSettings.Default));

        await Page.FillAsync("#drift-window", "100");
        await RefusedAsync("100 rows are fewer than the 200");
        await Page.FillAsync("#drift-window", "20001");
        await RefusedAsync("Look also at the newest, in rows");
        await Page.FillAsync("#drift-window", "500");
        await Page.CheckAsync("#log-own");
        await Page.FillAsync("#log-share", "12.5");
        await Page.FillAsync("#log-masked", "age\n\n city ");
        await Page.SelectOptionAsync("#segment", "city");
        await Page.ClickAsync("[data-rule-add]");
        await Page.SelectOptionAsync("#rule-signal-7", "metric");
        await Page.SelectOptionAsync("#rule-metric-7", "logloss");
        await Page.FillAsync("#rule-threshold-7", "0.7");
        // Another signal comes with its usual threshold.
        await Page.ClickAsync("[data-rule-add]");
        await Page.SelectOptionAsync("#rule-signal-8", "cpu");
        (await Page.InputValueAsync("#rule-threshold-8")).ShouldBe("90");
        (await Page.InputValueAsync("#rule-minutes-8")).ShouldBe("15");
        (await Page.InnerTextAsync("[data-rules] > [data-rule] >> nth=8 >> [data-rule-unit]")).ShouldBe("%");
        await Page.FillAsync("#rule-threshold-8", "120");
        await RefusedAsync("is a share from above 0 to 1");
        await Page.FillAsync("#rule-threshold-8", "80");
        await Page.FillAsync("#rule-threshold-1", "2.5");
        (await Page.InputValueAsync("#rule-threshold-3")).ShouldBe("1");
        (await Page.InnerTextAsync("[data-rules] > [data-rule] >> nth=3 >> [data-rule-unit]")).ShouldBe("GiB left");
        await Page.FillAsync("#rule-threshold-3", "2.5");
        await Page.Locator("[data-rules] > [data-rule] [data-rule-remove]").Nth(2).ClickAsync();
        await Page.FillAsync("#webhooks", "http://127.0.0.1/hook");
        await RefusedAsync("127.0.0.1");
        await Page.FillAsync("#webhooks", "https://hooks.example.com/x");
        await Page.CheckAsync("#retrain-on");
        await Page.FillAsync("#retrain-fewest", "5");
        await RefusedAsync("Of at least, in labelled rows");
        await Page.FillAsync("#retrain-fewest", "500");
        await Page.CheckAsync("#retrain-drift");
        await Page.FillAsync("#retrain-days", "30");
        await Page.SelectOptionAsync("#retrain-promotes", "notWorse");
        await Page.SelectOptionAsync("#retrain-itself", "auto");
        await SaveAsync("Saved.");

        var saved = (await store.SettingsAsync(default))["people"];
        Text(saved).ShouldBe(Text(new MonitorSettings
        {
            Log = new LogPolicy { Share = 0.125, Masked = ["age", "city"] },
            Segment = "city",
            Drift = new DriftThresholds { WindowRows = 500 },
            Rules =
            [
                new AlertRule(AlertSignal.Drift, 1), new AlertRule(AlertSignal.ErrorRate, 0.025) { ForMinutes = 5 }, new AlertRule(AlertSignal.DiskFree, 2.5 * (1 << 30)),
                new AlertRule(AlertSignal.LogDropped, 1), new AlertRule(AlertSignal.Memory, 0.9) { ForMinutes = 5 }, new AlertRule(AlertSignal.TurnedAway, 0.05) { ForMinutes = 5 },
                new AlertRule(AlertSignal.Metric, 0.7) { Metric = "logloss" }, new AlertRule(AlertSignal.Cpu, 0.8) { ForMinutes = 15 },
            ],
            Webhooks = ["https://hooks.example.com/x"],
            Retrain = new RetrainPolicy { OnDrift = true, EveryDays = 30, FewestRows = 500, PromotesItself = true, Promotes = PromotionRule.NotWorse },
        }));
        await Page.WaitForSelectorAsync("h2:has-text('Drift, of the newest 500 rows')");

        // It comes back as it was saved, and fits a phone.
        await Page.ReloadAsync();
        (await Page.InputValueAsync("#log-share")).ShouldBe("12.5");
        await SaveAsync("Saved.");
        Text((await store.SettingsAsync(default))["people"]).ShouldBe(Text(saved));
        (await _browser.OverflowAsync(Address, NarrowWidth)).ShouldBeLessThanOrEqualTo(0);
        // The refusals of the rule and of the webhook are the only things that a console shows.
        _browser.Faults.Count.ShouldBe(2);
        _browser.Faults.ShouldAllBe(f => f.Contains("400"));
    }

    private static string Text(MonitorSettings settings) => JsonSerializer.Serialize(settings);

    private async Task SaveAsync(string toast)
    {
        await Page.ClickAsync("[data-monitor-settings] [type=submit]");
        await Page.WaitForSelectorAsync($".toast-af:not(.is-bad):has-text('{toast}')");
        await Page.EvaluateAsync("() => document.querySelectorAll('.toast-af').forEach(t => t.remove())");
    }

    private async Task RefusedAsync(string sentence)
    {
        await Page.ClickAsync("[data-monitor-settings] [type=submit]");
        await Page.WaitForSelectorAsync($"[data-monitor-settings] .callout:has-text('{sentence}')");
    }
}
