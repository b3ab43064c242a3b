using AlgoFactory.Serving.Monitoring;
using Shouldly;

namespace AlgoFactory.Storage.Tests.Stores;

[Collection(DatabaseCollection.Name)]
public sealed class MonitoringStoreTests(Databases databases)
{
    private static readonly DateTimeOffset Noon = new(2026, 5, 4, 12, 0, 0, TimeSpan.Zero);

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task One_secret_is_shared_by_all(StorageProvider provider)
    {
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        var secrets = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (i % 2 == 0 ? first : second).Monitoring.SecretAsync("ids", [(byte)i], default))));
        secrets.ShouldAllBe(s => s.SequenceEqual(secrets[0]));
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Settings_and_reports_come_back_as_they_were(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var store = program.Monitoring;
        var settings = new MonitorSettings { Log = new LogPolicy { Share = 0.5, Masked = ["name"] }, Segment = "city", Webhooks = ["https://x/y"], Retrain = new RetrainPolicy { OnDrift = true } };
        await store.SaveAsync("churn", settings with { Segment = null }, default);
        await store.SaveAsync("churn", settings, default);
        (await store.SettingsAsync(default))["churn"].ShouldHaveContentOf(settings);

        for (var i = 0; i < 3; i++)
            await store.AddAsync(Report($"r{i}", Noon.AddHours(i)), default);
        await store.AddAsync(Report("other", Noon) with { Deployment = "fraud" }, default);
        (await store.ReportsAsync("churn", DriftWindow.Time, 2, default)).Select(r => r.Id).ShouldBe(["r2", "r1"]);
        (await store.ReportsAsync("fraud", DriftWindow.Time, 2, default))[0].ShouldHaveContentOf(Report("other", Noon) with { Deployment = "fraud" });
        foreach (var (id, hours) in new[] { ("old", 0), ("new", 3) })
            await store.AddAsync(Report(id, Noon.AddHours(hours)) with { Window = DriftWindow.Rows }, default);
        (await store.ReportsAsync("churn", DriftWindow.Rows, 1, default)).ShouldHaveSingleItem().ShouldHaveContentOf(Report("new", Noon.AddHours(3)) with { Window = DriftWindow.Rows });
        await store.DeleteBeforeAsync(Noon.AddHours(1), default);
        (await store.ReportsAsync("churn", DriftWindow.Time, 10, default)).Select(r => r.Id).ShouldBe(["r2", "r1"]);
        (await store.ReportsAsync("churn", DriftWindow.Rows, 10, default)).Select(r => r.Id).ShouldBe(["new"]);
        (await store.ReportsAsync("fraud", DriftWindow.Time, 10, default)).ShouldBeEmpty();
        await store.DeleteDeploymentAsync("churn", default);
        (await store.SettingsAsync(default)).ShouldBeEmpty();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task An_alert_is_changed_by_one_at_a_time(StorageProvider provider)
    {
        using var first = await databases.OpenAsync(provider);
        using var second = new Opened(first.Options);
        var alert = new Alert("a", "churn", new AlertRule(AlertSignal.Drift, 1), AlertState.Firing, Noon, 2, "It drifts.");
        await first.Monitoring.ChangeAlertAsync("a", _ => alert, default);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Task.Run(() =>
            (i % 2 == 0 ? first : second).Monitoring.ChangeAlertAsync("a", old => old! with { Attempts = old.Attempts + 1 }, default))));
        (await first.Monitoring.AlertsAsync("churn", 10, default)).ShouldHaveSingleItem().Attempts.ShouldBe(20);
        await first.Monitoring.DeleteBeforeAsync(Noon.AddDays(1), default);
        (await first.Monitoring.AlertsAsync(null, 10, default)).ShouldHaveSingleItem();
        await first.Monitoring.ChangeAlertAsync("a", old => old! with { State = AlertState.Resolved }, default);
        await first.Monitoring.DeleteBeforeAsync(Noon.AddDays(1), default);
        (await first.Monitoring.AlertsAsync(null, 10, default)).ShouldBeEmpty();
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task A_label_is_stored_once_and_may_be_corrected(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var store = program.Feedback;
        FeedbackLabel Label(int i, string label) => new($"id{i}", 0, label, Noon.AddMinutes(i), Noon.AddDays(1));
        (await store.AddAsync([Label(1, "yes"), Label(2, "no"), Label(1, "yes"), Label(1, "no")], default)).ShouldBe([true, true, null, false]);
        (await store.AddAsync([Label(1, "no"), Label(2, "yes"), Label(3, "yes") with { Row = 1 }], default)).ShouldBe([null, false, true]);
        (await store.ListAsync(Noon, Noon.AddDays(1), 2, default)).Select(f => (f.Id, f.Row, f.Label)).ShouldBe([("id3", 1, "yes"), ("id2", 0, "yes")]);
        (await store.AddAsync([.. Enumerable.Range(100, 1200).Select(i => Label(i, "yes"))], default)).ShouldAllBe(o => o == true);
        (await store.DeleteBeforeAsync(Noon.AddMinutes(100), default)).ShouldBe(3);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task Minutes_of_all_nodes_are_kept(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        var store = program.Traffic;
        TrafficMinute Minute(string node, int minute) => new(node, "churn", Noon.AddMinutes(minute), 10, 1, 0, 20, 0.001, 0.01) { LoadError = "none", LogDropped = 7 };
        await store.AddAsync([Minute("a", 0), Minute("b", 0), Minute("a", 1), Minute("a", 2) with { Deployment = "fraud" }], default);
        await store.AddAsync([Minute("a", 1) with { Answered = 12 }], default);
        (await store.ListAsync("churn", Noon, default)).ShouldBe([Minute("a", 0), Minute("b", 0), Minute("a", 1) with { Answered = 12 }]);
        await store.DeleteBeforeAsync(Noon.AddMinutes(1), default);
        (await store.ListAsync(null, Noon, default)).Length.ShouldBe(2);
    }

    [Theory, ClassData(typeof(EveryProvider))]
    public async Task How_all_nodes_fared_is_kept(StorageProvider provider)
    {
        using var program = await databases.OpenAsync(provider);
        using var other = new Opened(program.Options);
        NodeMinute Minute(string node, int minute) => new(node, Noon.AddMinutes(minute))
        {
            Cpu = 0.25,
            WorkingSet = 1L << 33,
            MemoryUsed = 1L << 34,
            MemoryLimit = 1L << 35,
            GcPause = 0.125,
            Queue = 7.5,
            Requests = 4,
            ServerBusy = 2,
            KeyLimited = 1,
        };
        await program.NodeMinutes.AddAsync(Minute("a", 0), default);
        await other.NodeMinutes.AddAsync(Minute("b", 0), default);
        await program.NodeMinutes.AddAsync(Minute("a", 1), default);
        await program.NodeMinutes.AddAsync(Minute("a", 1) with { Cpu = 1 }, default);
        (await other.NodeMinutes.ListAsync(Noon, default)).ShouldBe([Minute("a", 0), Minute("b", 0), Minute("a", 1) with { Cpu = 1 }]);
        await other.NodeMinutes.DeleteBeforeAsync(Noon.AddMinutes(1), default);
        (await program.NodeMinutes.ListAsync(Noon, default)).ShouldHaveSingleItem().Minute.ShouldBe(Noon.AddMinutes(1));
    }

    private static DriftReport Report(string id, DateTimeOffset until) => new()
    {
        Id = id,
        Deployment = "churn",
        Model = "churn",
        Version = 2,
        From = until.AddHours(-1),
        Until = until,
        Rows = 500,
        Columns = [new ColumnDrift("age", DriftCause.Distribution, 1e-9, 0.3, 0.2) { Bins = ["a"], Before = [1], Now = [2], Wasserstein = 0.5 }],
    };
}
