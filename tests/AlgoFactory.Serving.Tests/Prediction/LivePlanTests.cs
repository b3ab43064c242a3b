using System.Globalization;
using System.Text;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Serving.Tests.Deployments;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Prediction;

public sealed class LivePlanTests
{
    private static readonly ModelFile Model = TinyModels.Fit(TaskKind.Regression);

    private static readonly byte[][] Keys = [.. Enumerable.Range(0, 20_000).Select(i => Encoding.UTF8.GetBytes(i.ToString(CultureInfo.InvariantCulture)))];

    [Fact]
    public async Task A_key_always_finds_its_arm_and_a_growing_canary_keeps_its_keys()
    {
        using var pool = Pool();
        var before = new HashSet<int>();
        foreach (var percent in new[] { 0, 5, 25, 60, 100 })
        {
            var plan = await PlanAsync(pool, "d", Split(PlanKind.Canary, 1 - percent / 100.0, percent / 100.0));
            var canary = Enumerable.Range(0, Keys.Length).Where(i => plan.Choose(Keys[i]) == 1).ToHashSet();
            Enumerable.Range(0, Keys.Length).Where(i => plan.Choose(Keys[i]) == 1).ToHashSet().ShouldBe(canary);
            before.IsSubsetOf(canary).ShouldBeTrue();
            // Five standard deviations of a binomial share.
            ((double)canary.Count / Keys.Length).ShouldBe(percent / 100.0, 5 * Math.Sqrt(0.25 / Keys.Length));
            before = canary;
        }

        before.Count.ShouldBe(Keys.Length);
    }

    [Fact]
    public async Task Arms_get_their_shares_and_another_deployment_splits_otherwise()
    {
        using var pool = Pool();
        var one = await PlanAsync(pool, "one", Split(PlanKind.Ab, 0.5, 0.3, 0.2));
        var two = await PlanAsync(pool, "two", Split(PlanKind.Ab, 0.5, 0.3, 0.2));
        var counts = new int[3];
        var together = 0;
        foreach (var key in Keys)
        {
            counts[one.Choose(key)]++;
            if (one.Choose(key) == 2 && two.Choose(key) == 2)
                together++;
        }

        counts.Select(c => (double)c / Keys.Length).ToArray().ShouldBe([0.5, 0.3, 0.2], 0.018);
        // Were the two split alike, that would be a fifth of the keys.
        ((double)together / Keys.Length).ShouldBe(0.04, 0.01);
        // Without a key each request is drawn anew.
        Enumerable.Range(0, 200).Select(_ => one.Choose([])).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Others_than_canary_and_ab_begin_with_the_first_arm()
    {
        using var pool = Pool();
        foreach (var kind in new[] { PlanKind.Shadow, PlanKind.Fallback })
        {
            var plan = await PlanAsync(pool, "d", Split(kind, 1, 1));
            Keys.Take(100).ShouldAllBe(k => plan.Choose(k) == 0);
        }
    }

    [Fact]
    public async Task An_arm_with_many_late_predictions_is_stuck_until_they_end()
    {
        using var pool = Pool();
        var arm = (await PlanAsync(pool, "d", Split(PlanKind.Fallback, 1, 0))).Arms[0];
        for (var i = 0; i < LiveArm.MaxLate; i++)
        {
            arm.IsStuck.ShouldBeFalse();
            arm.BeLate();
        }

        arm.IsStuck.ShouldBeTrue();
        arm.EndLate();
        arm.IsStuck.ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_not_asked_for_longest_sleeps_and_wakes_with_the_next_request()
    {
        var clock = new ManualClock();
        using var pool = Pool(memory: 250, clock);
        foreach (var name in (string[])["a", "b", "c"])
        {
            await PlanAsync(pool, name, TrafficPlan.Single(name, 1, "h1"));
            clock.Now += TimeSpan.FromSeconds(1);
        }

        pool.Loaded().ShouldBe(200);
        pool.Rent("a").ShouldBeNull();
        pool.Find("a")!.LoadedAt.ShouldBeNull();
        pool.List().Length.ShouldBe(3);
        using (var held = pool.Rent("b")!)
        {
            clock.Now += TimeSpan.FromSeconds(1);
            await PlanAsync(pool, "c", TrafficPlan.Single("c", 2, "h2"));
            using var woken = await pool.RentAsync("a", default);
            woken!.Version.Name.ShouldBe("a");
            pool.Rent("b").ShouldBeNull();
            // It sleeps, but the request in flight finishes on it.
            held.Predictor.ShouldNotBeNull();
        }

        (await pool.RentAsync("nobody", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Pinned_ones_stay_and_many_requests_at_once_wait_for_one_load()
    {
        var loads = 0;
        using var pool = new PredictionEnginePool(
            v =>
            {
                Interlocked.Increment(ref loads);
                return Model with { Hash = v.Hash };
            },
            new PoolOptions { MemoryBytes = 150 }, size: _ => 100);
        await PlanAsync(pool, "pinned", TrafficPlan.Single("pinned", 1, "h1") with { Pinned = true });
        pool.Register("lazy", TrafficPlan.Single("lazy", 1, "h1"), 7);
        loads.ShouldBe(1);
        var leases = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => pool.RentAsync("lazy", default).AsTask())));
        loads.ShouldBe(2);
        leases.ShouldAllBe(l => l != null);
        pool.Find("lazy")!.Revision.ShouldBe(7);
        pool.Find("pinned")!.LoadedAt.ShouldNotBeNull();
        Array.ForEach(leases, l => l!.Dispose());
        pool.Find("lazy")!.Leases.ShouldBe(0);
    }

    [Fact]
    public async Task A_sleeper_that_cannot_be_loaded_says_why_and_is_not_tried_at_every_request()
    {
        var (loads, told) = (0, new List<string>());
        var clock = new Deployments.ManualClock();
        using var pool = new PredictionEnginePool(
            v =>
            {
                loads++;
                throw new ArtefactFormatException("The file is broken.");
            },
            new PoolOptions { MemoryBytes = 1 }, clock, _ => 100);
        pool.WakeFailed += (name, reason) => told.Add($"{name}: {reason}");
        pool.Register("d", TrafficPlan.Single("m", 1, "h1"), 1);
        for (var i = 0; i < 3; i++)
            (await Should.ThrowAsync<ModelAsleepException>(() => pool.RentAsync("d", default).AsTask())).Message.ShouldContain("The file is broken.");
        loads.ShouldBe(1);
        told.ShouldBe(["d: The file is broken."]);
        clock.Now += TimeSpan.FromMinutes(1);
        await Should.ThrowAsync<ModelAsleepException>(() => pool.RentAsync("d", default).AsTask());
        loads.ShouldBe(2);
    }

    [Fact]
    public async Task The_plan_before_stays_loaded_for_a_while_and_goes_first_where_memory_is_short()
    {
        var loads = new List<string>();
        var clock = new Deployments.ManualClock();
        using var pool = new PredictionEnginePool(
            v =>
            {
                loads.Add(v.Hash);
                return Model with { Hash = v.Hash };
            },
            new PoolOptions { MemoryBytes = 250, KeepReplaced = TimeSpan.FromMinutes(10) }, clock, _ => 100);
        var one = (await PlanAsync(pool, "d", TrafficPlan.Single("m", 1, "h1"))).Arms[0].Generation!;
        var two = (await PlanAsync(pool, "d", TrafficPlan.Single("m", 2, "h2"))).Arms[0].Generation!;
        (await PlanAsync(pool, "d", TrafficPlan.Single("m", 1, "h1"))).Arms[0].Generation.ShouldBeSameAs(one);
        (await PlanAsync(pool, "d", TrafficPlan.Single("m", 2, "h2"))).Arms[0].Generation.ShouldBeSameAs(two);
        loads.ShouldBe(["h1", "h2"]);
        pool.Loaded().ShouldBe(200);

        clock.Now += TimeSpan.FromMinutes(9);
        pool.FreeReplaced();
        one.IsFreed.ShouldBeFalse();
        clock.Now += TimeSpan.FromMinutes(1);
        pool.FreeReplaced();
        (one.IsFreed, two.IsFreed).ShouldBe((true, false));

        await PlanAsync(pool, "d", TrafficPlan.Single("m", 3, "h3"));
        two.IsFreed.ShouldBeFalse();
        await PlanAsync(pool, "e", TrafficPlan.Single("m", 4, "h4"));
        two.IsFreed.ShouldBeTrue();
        pool.Rent("d").ShouldNotBeNull().Dispose();
        pool.Loaded().ShouldBe(200);
        await PlanAsync(pool, "d", TrafficPlan.Single("m", 5, "h5"));
        pool.Remove("d").ShouldBeTrue();
        pool.Loaded().ShouldBe(100);
    }

    [Fact]
    public async Task Plans_change_under_load_without_a_failed_rent()
    {
        using var pool = Pool();
        await PlanAsync(pool, "d", Split(PlanKind.Canary, 0.5, 0.5));
        using var stop = new CancellationTokenSource();
        var renters = Enumerable.Range(0, 2).Select(n => Task.Run(() =>
        {
            var i = n;
            while (!stop.IsCancellationRequested)
            {
                using var first = pool.Rent("d");
                first.ShouldNotBeNull();
                using var chosen = first.Plan?.Rent(first.Plan.Choose(Keys[i++ % Keys.Length]));
                (chosen ?? first).Predictor.ShouldNotBeNull();
            }
        })).ToArray();
        for (var i = 0; i < 200; i++)
            await PlanAsync(pool, "d", i % 2 == 0 ? TrafficPlan.Single("m", i, $"h{i}") : Split(PlanKind.Canary, 0.5, 0.5));
        await stop.CancelAsync();
        await Task.WhenAll(renters);
    }

    private static PredictionEnginePool Pool(long memory = 0, TimeProvider? clock = null) =>
        new(v => Model with { Hash = v.Hash }, new PoolOptions { MemoryBytes = memory }, clock, _ => 100);

    private static TrafficPlan Split(PlanKind kind, params double[] shares) =>
        new(kind, [.. shares.Select((share, i) => new PlanArm($"arm-{i}", "m", i + 1, $"h{i + 1}", share))]);

    private static async Task<LivePlan> PlanAsync(PredictionEnginePool pool, string name, TrafficPlan plan)
    {
        using var prepared = await pool.PrepareAsync(name, plan);
        pool.Publish(name, prepared);
        return pool.Plan(name)!;
    }
}
