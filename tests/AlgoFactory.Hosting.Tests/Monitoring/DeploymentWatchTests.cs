using System.Text.Json;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Registry;

namespace AlgoFactory.Hosting.Tests.Monitoring;

public sealed class DeploymentWatchTests
{
    [Fact]
    public async Task Drift_is_found_told_once_and_over_when_it_is_over()
    {
        using var receiver = new WebhookReceiver();
        await using var watched = await WatchedDeployment.MakeAsync(o => o.Monitoring = new MonitoringOptions { WebhookHosts = ["127.0.0.1"], AllowPrivateWebhooks = true });
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Webhooks = [receiver.Address] }, default);

        await watched.PredictAsync(600);
        await watched.Watch.LookAsync(default);
        var calm = (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Time, 10, default)).ShouldHaveSingleItem();
        calm.HasDrifted.ShouldBeFalse(string.Join(", ", calm.Columns.Select(c => $"{c.Column} {c.P}")));
        calm.Rows.ShouldBe(600);
        calm.Columns.Select(c => c.Column).ShouldBe(["price", "weight", "shop", DriftReport.Prediction], ignoreOrder: true);
        calm.Expected["accuracy"].ShouldBe(watched.Model.Metrics["accuracy"], 0.06);

        // Within the hour nothing is due.
        await watched.PredictAsync(300, cheaper: 0.6);
        await watched.Watch.LookAsync(default);
        (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Time, 10, default)).Length.ShouldBe(1);
        (await new DriftStatus(watched.Store, watched.Clock).IsDriftingAsync(WatchedDeployment.Name, WatchedDeployment.Name, 1, DateTimeOffset.MinValue, default)).ShouldBe(false);

        watched.Clock.Now = watched.Clock.Now.AddHours(1);
        await watched.Watch.LookAsync(default);
        var moved = (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Time, 10, default))[0];
        moved.Columns.Where(c => c.HasDrifted).Select(c => c.Column).ShouldBe(["price", DriftReport.Prediction], ignoreOrder: true);
        moved.Columns[0].Before.Length.ShouldBe(moved.Columns[0].Now.Length);
        moved.IsDomainDrift.ShouldBeTrue();
        moved.DomainColumns[0].Column.ShouldBe("price");
        var alert = (await watched.Store.AlertsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem();
        (alert.State, alert.Told).ShouldBe((AlertState.Firing, AlertState.Firing));
        alert.Message.ShouldContain("'price'");
        await watched.Watch.LookAsync(default);
        receiver.Bodies.Count.ShouldBe(1);
        (await new DriftStatus(watched.Store, watched.Clock).IsDriftingAsync(WatchedDeployment.Name, WatchedDeployment.Name, 1, DateTimeOffset.MinValue, default)).ShouldBe(true);

        await watched.PredictAsync(600);
        watched.Clock.Now = watched.Clock.Now.AddHours(1);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem().State.ShouldBe(AlertState.Resolved);
        receiver.Bodies.Select(b => JsonDocument.Parse(b).RootElement.GetProperty("state").GetString()).ShouldBe(["firing", "resolved"]);
    }

    [Fact]
    public async Task Windows_of_rows_watch_a_deployment_that_is_seldom_asked()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Drift = new DriftThresholds { WindowRows = 300 } }, default);
        // A hundred rows a day: no day has the rows that a window of time must have.
        var reports = new List<DriftReport>();
        for (var day = 1; day <= 9; day++)
        {
            await watched.PredictAsync(100, cheaper: day > 6 ? 0.6 : 0);
            await watched.Watch.LookAsync(default);
            watched.Clock.Now = watched.Clock.Now.AddDays(1);
            reports = [.. await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Rows, 10, default)];
            reports.Count.ShouldBe(day / 3, $"day {day}");
        }

        (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Time, 10, default)).ShouldBeEmpty();
        reports.ShouldAllBe(r => r.Window == DriftWindow.Rows && r.Rows == 300 && r.Until - r.From > TimeSpan.FromDays(2));
        reports[2].DomainAuc.ShouldBeNull("there is nothing older than the first window");
        reports.Select(r => string.Join(", ", r.Columns.Where(c => c.HasDrifted).Select(c => c.Column).Order())).ShouldBe(["(prediction), price", "", ""]);
        reports[0].From.ShouldBeGreaterThan(reports[1].Until.AddMinutes(-1), "windows have no row in common");
        reports[0].IsDomainDrift.ShouldBeTrue();
        (await watched.Store.AlertsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem().Message.ShouldContain("'price'");
        (await new DriftStatus(watched.Store, watched.Clock).IsDriftingAsync(WatchedDeployment.Name, WatchedDeployment.Name, 1, DateTimeOffset.MinValue, default)).ShouldBe(true);
    }

    [Fact]
    public async Task Of_windows_of_both_kinds_the_one_that_drifts_is_told()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Drift = new DriftThresholds { WindowRows = 250 } }, default);
        await watched.PredictAsync(3000);
        await watched.PredictAsync(250, cheaper: 0.6);
        await watched.Watch.LookAsync(default);
        // A twelfth of the day's rows is little; of the newest ones it is all.
        (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Time, 10, default)).ShouldHaveSingleItem().Columns.ShouldAllBe(c => !c.HasDrifted);
        (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Rows, 10, default)).ShouldHaveSingleItem().HasDrifted.ShouldBeTrue();
        (await watched.Store.AlertsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem().State.ShouldBe(AlertState.Firing);
        // Many rows at once are one window, not ten, in the next half hour.
        await watched.PredictAsync(500);
        await watched.Watch.LookAsync(default);
        (await watched.Store.ReportsAsync(WatchedDeployment.Name, DriftWindow.Rows, 10, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Labels_give_live_metrics_by_segment_and_alerts_of_them()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Segment = "shop", Rules = [new AlertRule(AlertSignal.Metric, 0.6) { Metric = "auc" }] }, default);
        await watched.PredictAsync(500, labelled: 0.8);
        await watched.Watch.LookAsync(default);
        var live = (await watched.Store.LiveAsync(WatchedDeployment.Name, default))!;
        live.Groups.Select(g => g.Segment).ShouldBe([null, "north", "south", "east", "west"], ignoreOrder: true);
        live.Groups[0].Metrics["auc"].ShouldBe(watched.Model.Metrics["auc"], 0.06);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldBeEmpty();

        // What the columns mean has changed: only labels can tell.
        await watched.PredictAsync(2000, labelled: 1, reversed: true);
        watched.Clock.Now = watched.Clock.Now.AddMinutes(10);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldHaveSingleItem().Message.ShouldContain("auc");
    }

    [Fact]
    public async Task Failing_requests_and_models_that_cannot_be_loaded_are_told()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Traffic.AddAsync(
            [
                new TrafficMinute("a", WatchedDeployment.Name, watched.Clock.Now.AddMinutes(-2), 50, 3, 50, 50, 0.001, 0.9),
                new TrafficMinute("b", WatchedDeployment.Name, watched.Clock.Now.AddMinutes(-1), 50, 3, 0, 50, 0.001, 0.01) { LoadError = "The file is broken." },
            ],
            default);
        await watched.Store.SaveAsync(
            WatchedDeployment.Name,
            new MonitorSettings { Rules = [new AlertRule(AlertSignal.ErrorRate, 0.05) { ForMinutes = 2 }, new AlertRule(AlertSignal.LoadFailure, 1), new AlertRule(AlertSignal.Latency, 0.5)] },
            default);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ToDictionary(a => a.Rule.Signal, a => a.State)
            .ShouldBe(new Dictionary<AlertSignal, AlertState> { [AlertSignal.ErrorRate] = AlertState.Pending, [AlertSignal.LoadFailure] = AlertState.Firing, [AlertSignal.Latency] = AlertState.Firing }, ignoreOrder: true);
        watched.Clock.Now = watched.Clock.Now.AddMinutes(2);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).Single(a => a.Rule.Signal == AlertSignal.ErrorRate).State.ShouldBe(AlertState.Firing);
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_told_by_all_who_asked_and_once_for_those_that_did_not()
    {
        using var receiver = new WebhookReceiver();
        await using var watched = await WatchedDeployment.MakeAsync(o => o.Monitoring = new MonitoringOptions { WebhookHosts = ["127.0.0.1"], AllowPrivateWebhooks = true });
        var deployments = watched.Get<IDeploymentStore>();
        var first = (await deployments.FindAsync(WatchedDeployment.Name, default))!;
        foreach (var name in (string[])["plain-1", "plain-2"])
            await deployments.SaveAsync(first with { Name = name }, default);
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Rules = [new AlertRule(AlertSignal.DiskFree, 5L << 30)], Webhooks = [receiver.Address] }, default);

        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldBeEmpty();
        watched.Free = 3L << 30;
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldHaveSingleItem().Message.ShouldContain("data folder has 3 GiB left of 200 GiB; the limit is 5 GiB.");
        receiver.Bodies.ShouldHaveSingleItem().ShouldContain("\"diskFree\"");

        watched.Free = 700L << 20;
        await watched.Watch.LookAsync(default);
        var alerts = await watched.Store.AlertsAsync(null, 10, default);
        alerts.Select(a => a.Deployment).ShouldBe([WatchedDeployment.Name, "plain-1"], ignoreOrder: true);
        alerts.ShouldAllBe(a => a.State == AlertState.Firing && a.Message.Contains("700 MiB left"));

        watched.Free = 60L << 30;
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldAllBe(a => a.State == AlertState.Resolved);
    }

    [Fact]
    public async Task Rows_that_the_log_lost_are_told()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        TrafficMinute Minute(string node, int minutesAgo, long dropped) =>
            new(node, WatchedDeployment.Name, watched.Clock.Now.AddMinutes(-minutesAgo), 9, 0, 0, 9, 0.001, 0.001) { LogDropped = dropped };
        await watched.Traffic.AddAsync([Minute("a", 30, 50), Minute("a", 1, 0)], default);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldBeEmpty("what was lost half an hour ago is past");
        await watched.Traffic.AddAsync([Minute("a", 2, 1200), Minute("b", 2, 34)], default);
        await watched.Watch.LookAsync(default);
        var alert = (await watched.Store.AlertsAsync(null, 10, default)).ShouldHaveSingleItem();
        (alert.Rule.Signal, alert.State, alert.Value).ShouldBe((AlertSignal.LogDropped, AlertState.Firing, 1234));
        alert.Message.ShouldContain("1,234 predicted rows");
    }

    [Fact]
    public async Task A_challenger_is_trained_on_labelled_predictions_compared_and_promoted()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Rules = [], Retrain = new RetrainPolicy { EveryDays = 0.5, FewestRows = 400, PromotesItself = true } }, default);
        // The world has turned round since the training: a challenger has it easy.
        await watched.PredictAsync(800, labelled: 1, reversed: true);
        await watched.Watch.LookAsync(default);
        var begun = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem();
        (begun.Reason, begun.State, begun.Rows).ShouldBe(("schedule", RetrainingState.Preparing, 640));
        var path = await DescribeAsync(watched, begun);
        await watched.Watch.LookAsync(default);
        var training = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 10, default))[0];
        training.State.ShouldBe(RetrainingState.Training);
        var experiment = (await watched.Get<IExperimentStore>().FindAsync(training.ExperimentId!, default))!;
        experiment.Request.Label.ShouldBe("sold");
        experiment.Request.Positive.ShouldBe(watched.Model.Predictor.Task.Classes[1]);

        var version = await TrainChallengerAsync(watched, training, path);
        await watched.Watch.LookAsync(default);
        var promoted = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 10, default))[0];
        promoted.State.ShouldBe(RetrainingState.Promoted, promoted.Message);
        promoted.ChallengerScore!.Value.ShouldBeGreaterThan(promoted.LiveScore!.Value);
        promoted.ComparedRows.ShouldBe(160);
        promoted.Verdict.ShouldBe(ChallengerVerdict.Better);
        promoted.GainLow!.Value.ShouldBeInRange(0.3, promoted.ChallengerScore.Value - promoted.LiveScore.Value);
        promoted.Message!.ShouldContain("95 % interval");
        var deployed = (await watched.Get<IDeploymentStore>().FindAsync(WatchedDeployment.Name, default))!;
        (deployed.Version, deployed.Hash, deployed.ChangedBy, deployed.Reason).ShouldBe((2, version.Hash, "policy", "retrained (schedule)"));
        var noted = (await watched.Get<IAuditLog>().ListAsync(1, default))[0];
        noted.Action.ShouldBe("retraining.promote");
        noted.Detail!.ShouldContain("95 % interval");
    }

    [Theory]
    [InlineData(PromotionRule.Better, RetrainingState.Rejected, "retraining.reject", 1)]
    [InlineData(PromotionRule.NotWorse, RetrainingState.Promoted, "retraining.promote", 2)]
    public async Task A_challenger_that_may_only_be_luckier_takes_over_where_fresh_data_is_reason_enough(PromotionRule rule, RetrainingState state, string action, int serves)
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(
            WatchedDeployment.Name, new MonitorSettings { Rules = [], Retrain = new RetrainPolicy { EveryDays = 0.5, FewestRows = 400, PromotesItself = true, Promotes = rule } }, default);
        // The world is as it was.
        await watched.PredictAsync(800, labelled: 1);
        await watched.Watch.LookAsync(default);
        var begun = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 1, default))[0];
        var path = await DescribeAsync(watched, begun);
        await watched.Watch.LookAsync(default);
        await TrainChallengerAsync(watched, (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 1, default))[0], path);
        await watched.Watch.LookAsync(default);

        var ended = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 1, default))[0];
        ended.State.ShouldBe(state, ended.Message);
        ended.Verdict.ShouldBe(ChallengerVerdict.Undecided);
        ended.Message!.ShouldContain("not to be told from version 1");
        var deployed = (await watched.Get<IDeploymentStore>().FindAsync(WatchedDeployment.Name, default))!;
        deployed.Version.ShouldBe(serves);
        if (serves == 2)
            deployed.Reason.ShouldBe("retrained (schedule; fresh data)");
        var noted = (await watched.Get<IAuditLog>().ListAsync(1, default))[0];
        noted.Action.ShouldBe(action);
        noted.Detail!.ShouldContain("95 % interval");
    }

    [Fact]
    public async Task Without_labels_a_retraining_ends_with_the_reason()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.PredictAsync(300);
        await watched.Retraining.BeginAsync((await watched.Get<IDeploymentStore>().FindAsync(WatchedDeployment.Name, default))!, "somebody", default);
        await watched.Watch.LookAsync(default);
        var failed = (await watched.Store.RetrainingsAsync(WatchedDeployment.Name, 10, default)).ShouldHaveSingleItem();
        failed.State.ShouldBe(RetrainingState.Failed);
        failed.Message!.ShouldContain("/api/feedback");
        Directory.EnumerateFiles(watched.Get<DataFolders>().Incoming).ShouldBeEmpty();
    }

    /// <summary>What the worker does with a data set.</summary>
    private static async Task<string> DescribeAsync(WatchedDeployment watched, Retraining begun)
    {
        var datasets = watched.Get<IDatasetStore>();
        var dataset = (await datasets.FindAsync(begun.DatasetId!, default))!;
        var path = watched.Get<DataFolders>().UploadPath(dataset.FileName);
        using var source = DataSource.Open(path, new ReadOptions());
        source.ColumnNames.ShouldBe(["price", "weight", "shop", "sold"]);
        await datasets.UpdateAsync(dataset with { State = DatasetState.Ready, Description = source.Describe(default) }, default);
        return path;
    }

    /// <summary>What the worker does with an experiment.</summary>
    private static async Task<ModelVersion> TrainChallengerAsync(WatchedDeployment watched, Retraining training, string path)
    {
        var (file, _) = await watched.TrainAsync(path);
        var version = watched.Get<ModelRegistry>().Publish(WatchedDeployment.Name, file);
        await watched.Get<IExperimentStore>().ChangeAsync(training.ExperimentId!, e => e with { State = ExperimentState.Completed, ModelVersion = version.Version }, default);
        return version;
    }
}
