using System.Collections.Immutable;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Tests.Monitoring;

public sealed class ServerSignalsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(AlertSignal.Cpu, 0.9, 0.95, "95 % of the time")]
    [InlineData(AlertSignal.Memory, 0.9, 0.96875, "7.8 GiB of 8 GiB of memory in use (97 %), 512 MiB of it")]
    [InlineData(AlertSignal.GcPause, 0.1, 0.2, "20.00 % of the time")]
    [InlineData(AlertSignal.Queue, 100, 1500, "1,500 pieces of work")]
    [InlineData(AlertSignal.TurnedAway, 0.05, 0.3, "turned away 300 of 1,000 prediction requests in the last minutes (30.0 %). 200 met a full server (503)")]
    public void The_worst_node_is_read_and_named(AlertSignal signal, double threshold, double value, string words)
    {
        var bad = new NodeMinute("b:2", Noon)
        {
            Cpu = 0.95,
            WorkingSet = 512L << 20,
            MemoryUsed = 31L << 28,
            MemoryLimit = 8L << 30,
            GcPause = 0.2,
            Queue = 1500,
            Requests = 1000,
            ServerBusy = 200,
            KeyLimited = 100,
        };
        var good = new NodeMinute("a:1", Noon) { Cpu = 0.1, MemoryUsed = 1L << 30, MemoryLimit = 8L << 30, Requests = 1000 };
        var rule = new AlertRule(signal, threshold);
        var reading = Read(rule, good, bad)!.Value;
        (reading.IsBad, reading.Value).ShouldBe((true, value));
        reading.Message.ShouldStartWith("The server b:2 ");
        reading.Message.ShouldContain(words);
        reading.Message.ShouldNotContain("more of");
        Read(rule, good, bad, bad with { Node = "c:3" })!.Value.Message.ShouldEndWith(" So it is on 1 more of 3 servers.");

        Read(rule, good)!.Value.IsBad.ShouldBeFalse();
        Read(rule with { Threshold = value }, bad)!.Value.IsBad.ShouldBeTrue("at the threshold");
        Read(rule).ShouldBeNull("nobody has told of itself");
        ServerSignals.Includes(signal).ShouldBeTrue();
    }

    [Fact]
    public void A_minute_of_full_load_is_no_alarm_and_memory_is_that_of_now()
    {
        NodeMinute Minute(int minute, double cpu, long used) => new("a:1", Noon.AddMinutes(minute)) { Cpu = cpu, Queue = cpu * 1000, GcPause = cpu, MemoryUsed = used, MemoryLimit = 100 };
        NodeMinute[] minutes = [Minute(3, 0, 50), Minute(0, 0.5, 99), Minute(1, 1, 99), Minute(2, 0.5, 99)];
        Read(new AlertRule(AlertSignal.Cpu, 0.9), minutes)!.Value.ShouldBe(0.5, false);
        Read(new AlertRule(AlertSignal.GcPause, 0.9), minutes)!.Value.ShouldBe(0.5, false);
        Read(new AlertRule(AlertSignal.Queue, 501), minutes)!.Value.ShouldBe(500, false);
        Read(new AlertRule(AlertSignal.Memory, 0.9), minutes)!.Value.ShouldBe(0.5, false);
        Read(new AlertRule(AlertSignal.Memory, 0.9), Minute(0, 0, 0) with { MemoryLimit = 0 })!.Value.ShouldBe(0, false);
    }

    [Fact]
    public void Of_a_few_requests_no_share_is_told()
    {
        var rule = new AlertRule(AlertSignal.TurnedAway, 0.05);
        var minute = new NodeMinute("a:1", Noon) { Requests = 19, KeyLimited = 19 };
        Read(rule, minute)!.Value.ShouldBe(0, false);
        var reading = Read(rule, minute, minute with { Minute = Noon.AddMinutes(1), Requests = 1, KeyLimited = 0 })!.Value;
        reading.ShouldBe(0.95, true);
        reading.Message.ShouldContain("19 were more than their key may send (429)");
        reading.Message.ShouldNotContain("503");
    }

    [Fact]
    public async Task Alerts_of_a_node_wait_fire_once_for_all_deployments_and_are_over_when_it_is_better()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        var deployments = watched.Get<IDeploymentStore>();
        await deployments.SaveAsync((await deployments.FindAsync(WatchedDeployment.Name, default))! with { Name = "second" }, default);

        await MinutesAsync(1, used: 97, turnedAway: 40);
        (await AlertsAsync()).ShouldAllBe(a => a.State == AlertState.Pending);
        await MinutesAsync(5, used: 97, turnedAway: 40);
        var fired = await AlertsAsync();
        fired.Select(a => (a.Rule.Signal, a.State)).ShouldBe([(AlertSignal.Memory, AlertState.Firing), (AlertSignal.TurnedAway, AlertState.Firing)], ignoreOrder: true);
        fired.ShouldAllBe(a => a.Message.StartsWith("The server b:2 ") && a.Deployment == WatchedDeployment.Name);

        // Memory that is free is free; what was turned away stays in sight for some minutes.
        await MinutesAsync(1, used: 50, turnedAway: 0);
        (await AlertsAsync()).Single(a => a.State == AlertState.Firing).Rule.Signal.ShouldBe(AlertSignal.TurnedAway);
        await MinutesAsync(5, used: 50, turnedAway: 0);
        (await AlertsAsync()).ShouldAllBe(a => a.State == AlertState.Resolved);

        async Task MinutesAsync(int count, long used, long turnedAway)
        {
            for (var i = 0; i < count; i++)
            {
                watched.Clock.Now = watched.Clock.Now.AddMinutes(1);
                var good = new NodeMinute("a:1", watched.Clock.Now) { MemoryUsed = 40, MemoryLimit = 100, Requests = 100 };
                await watched.Nodes.AddAsync(good, default);
                await watched.Nodes.AddAsync(good with { Node = "b:2", MemoryUsed = used, KeyLimited = turnedAway }, default);
                await watched.Watch.LookAsync(default);
            }
        }

        async Task<ImmutableArray<Alert>> AlertsAsync() => await watched.Store.AlertsAsync(null, 10, default);
    }

    [Fact]
    public async Task Work_that_waits_for_a_worker_is_counted_where_a_rule_asks_for_it()
    {
        await using var watched = await WatchedDeployment.MakeAsync();
        await watched.Store.SaveAsync(WatchedDeployment.Name, new MonitorSettings { Rules = [new AlertRule(AlertSignal.JobsWaiting, 3)] }, default);
        var batches = watched.Get<BatchStore>();
        BatchRecord Batch(BatchState state) => new(Guid.NewGuid().ToString("N"), WatchedDeployment.Name, WatchedDeployment.Name, 1, "", "rows.csv", "csv", state, watched.Clock.Now, "test");
        var second = Batch(BatchState.Queued);
        foreach (var batch in (BatchRecord[])[Batch(BatchState.Queued), second, Batch(BatchState.Running), Batch(BatchState.Succeeded)])
            batches.Save(batch);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldBeEmpty();

        await watched.Get<IExperimentStore>().AddAsync(
            new ExperimentRecord { Id = "waits", Request = new ExperimentRequest { DatasetId = "d", Label = "y", Name = "m" }, CreatedAt = watched.Clock.Now, State = ExperimentState.Queued }, default);
        await watched.Watch.LookAsync(default);
        var alert = (await watched.Store.AlertsAsync(null, 10, default)).ShouldHaveSingleItem();
        (alert.State, alert.Value).ShouldBe((AlertState.Firing, 3));
        alert.Message.ShouldStartWith("2 batches and 1 experiments wait for a worker");
        batches.Delete(second.Id);
        await watched.Watch.LookAsync(default);
        (await watched.Store.AlertsAsync(null, 10, default)).ShouldHaveSingleItem().State.ShouldBe(AlertState.Resolved);
    }

    private static SignalReading? Read(AlertRule rule, params NodeMinute[] minutes) => ServerSignals.Read(rule, new ServerState(null, [.. minutes], null));
}

file static class Readings
{
    public static void ShouldBe(this SignalReading reading, double value, bool isBad) => (reading.Value, reading.IsBad).ShouldBe((value, isBad));
}
