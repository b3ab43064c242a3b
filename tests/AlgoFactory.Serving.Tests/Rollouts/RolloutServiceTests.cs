using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Serving.Rollouts;
using AlgoFactory.Serving.Tests.Deployments;
using AlgoFactory.TestKit.Models;
using NSubstitute;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Rollouts;

public sealed class RolloutServiceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly MemoryDeploymentStore _store = new();
    private readonly ManualClock _clock = new();
    private readonly ModelRegistry _registry;
    private readonly AuditList _audit = new();
    private readonly Node _one;

    public RolloutServiceTests()
    {
        _registry = new ModelRegistry(_folder["models"], BuiltIn.Readers);
        for (var seed = 1; seed <= 2; seed++)
        {
            TinyModels.Fit(TaskKind.Binary, seed).Save(_folder["m.afm"]);
            _registry.Publish("m", _folder["m.afm"]);
        }

        _one = new Node(this);
    }

    public void Dispose()
    {
        _one.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Steps_are_taken_when_they_are_due_by_exactly_one_node_and_survive_a_restart()
    {
        await PlanAsync(5, new RolloutRequest([new RolloutStep(25, 60), new RolloutStep(100, 30)]));
        await _one.Rollouts.RunAsync(None);
        Share().ShouldBe(0.05);
        _clock.Now += TimeSpan.FromSeconds(60);
        using (var two = new Node(this))
        {
            await two.Service.SyncAsync(None);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => (i % 2 == 0 ? _one : two).Rollouts.RunAsync(None))));
        }

        Share().ShouldBe(0.25);
        Now().Revision.ShouldBe(2);
        _audit.Entries.Single().ShouldSatisfyAllConditions(
            e => e.Who.ShouldBe("rollout"), e => e.Action.ShouldBe("deployment.step"), e => e.Detail.ShouldContain("from canary m/1 95 %, m/2 5 % to canary m/1 75 %, m/2 25 %"));

        // A night without servers: the next step is taken late, once, by a node that was not there before.
        _clock.Now += TimeSpan.FromHours(9);
        using var restarted = new Node(this);
        await restarted.Service.SyncAsync(None);
        await restarted.Rollouts.RunAsync(None);
        await restarted.Rollouts.RunAsync(None);
        Now().ShouldSatisfyAllConditions(
            d => d.Revision.ShouldBe(3), d => d.Plan.Kind.ShouldBe(PlanKind.Single), d => d.Version.ShouldBe(2), d => d.ChangedBy.ShouldBe("rollout"));
    }

    [Fact]
    public async Task A_late_step_does_not_shorten_the_next_wait_and_a_change_by_hand_ends_the_rollout()
    {
        await PlanAsync(5, new RolloutRequest([new RolloutStep(25, 60), new RolloutStep(50, 60), new RolloutStep(100, 60)]));
        _clock.Now += TimeSpan.FromHours(1);
        await _one.Rollouts.RunAsync(None);
        await _one.Rollouts.RunAsync(None);
        Share().ShouldBe(0.25);
        Now().Plan.Rollout!.NextAt.ShouldBe(_clock.Now.AddSeconds(60));
        await _one.Service.PlanAsync("m", Canary(10), "ann", null, null, None);
        _clock.Now += TimeSpan.FromHours(1);
        await _one.Rollouts.RunAsync(None);
        Share().ShouldBe(0.1);
    }

    [Fact]
    public async Task A_promotion_waits_for_its_time()
    {
        await _one.Service.PlanAsync("m", Canary(10), "ann", null, null, None);
        await _one.Service.PromoteAsync("m", null, _clock.Now.AddDays(1), "ann", null, null, None);
        await _one.Rollouts.RunAsync(None);
        Share().ShouldBe(0.1);
        _clock.Now += TimeSpan.FromDays(1);
        await _one.Rollouts.RunAsync(None);
        (Now().Plan.Kind, Now().Version).ShouldBe((PlanKind.Single, 2));
    }

    [Fact]
    public async Task A_challenger_that_fails_too_often_is_taken_back_and_nothing_is_judged_too_early()
    {
        await _one.Service.PlanAsync(
            "m", Canary(50) with { Guard = new PlanGuard(0.1, MinRequests: 20), Rollout = new RolloutRequest([new RolloutStep(100, 1)]) }, "ann", null, null, None);
        var challenger = _one.Pool.Plan("m")!.Arms[1].Traffic;
        for (var i = 0; i < 19; i++)
            challenger.Record(TimeSpan.FromMilliseconds(1), failed: true);
        await _one.Rollouts.RunAsync(None);
        Now().Revision.ShouldBe(1);
        challenger.Record(TimeSpan.FromMilliseconds(1), failed: true);
        // The step is due too; the guard comes first.
        _clock.Now += TimeSpan.FromSeconds(2);
        await _one.Rollouts.RunAsync(None);
        Now().ShouldSatisfyAllConditions(
            d => d.Plan.Kind.ShouldBe(PlanKind.Single), d => d.Version.ShouldBe(1), d => d.ChangedBy.ShouldBe("guard"), d => d.Reason.ShouldContain("100 % of the last 20 requests"));
        _one.Seen.Select(e => e.Kind).ShouldBe([DeploymentEventKind.RolledBack]);
        using var lease = _one.Pool.Rent("m")!;
        (lease.Version.Version, lease.Plan).ShouldBe((1, null));
    }

    [Fact]
    public async Task A_challenger_that_is_slow_is_taken_back_and_a_good_one_stays()
    {
        await _one.Service.PlanAsync("m", Canary(50) with { Guard = new PlanGuard(0.1, 50, 20) }, "ann", null, null, None);
        var challenger = _one.Pool.Plan("m")!.Arms[1].Traffic;
        for (var i = 0; i < 100; i++)
            challenger.Record(TimeSpan.FromMilliseconds(20), failed: i % 20 == 0);
        await _one.Rollouts.RunAsync(None);
        Now().Revision.ShouldBe(1);
        for (var i = 0; i < 20; i++)
            challenger.Record(TimeSpan.FromMilliseconds(90), failed: false);
        await _one.Rollouts.RunAsync(None);
        Now().Reason.ShouldContain("95th percentile");
        Now().Version.ShouldBe(1);
    }

    [Fact]
    public async Task Drift_of_the_challenger_alone_since_the_plan_began_takes_it_back()
    {
        await _one.Service.PlanAsync("m", Canary(50) with { Guard = new PlanGuard(OnDrift: true) }, "ann", null, null, None);
        var reports = Substitute.For<IMonitoringStore>();
        var guard = new DriftGuard(new DriftStatus(reports, _clock), _clock);
        async Task<string?> Judge(params (int Version, bool Drifts, int Minutes)[] found)
        {
            reports.ReportsAsync("m", Arg.Any<DriftWindow>(), Arg.Any<int>(), Arg.Any<CancellationToken>()).Returns([.. found.Select(r => new DriftReport
            {
                Id = "r", Deployment = "m", Model = "m", Version = r.Version, From = default, Rows = 200, IsDomainDrift = r.Drifts, Until = Now().ChangedAt.AddMinutes(r.Minutes),
            })]);
            _clock.Now += TimeSpan.FromMinutes(1);
            return await guard.JudgeAsync(Now(), _one.Pool.Plan("m")!, None);
        }

        (await Judge()).ShouldBeNull();
        (await Judge((2, true, -5))).ShouldBeNull("a report of before");
        (await Judge((2, true, 1), (1, true, 1))).ShouldBeNull("the rows have changed, not the version");
        (await Judge((2, false, 1), (1, false, 1))).ShouldBeNull();
        (await Judge((2, true, 1), (1, false, 1))).ShouldNotBeNull().ShouldContain("m/2");
    }

    [Fact]
    public async Task A_single_version_under_guard_goes_back_to_the_plan_before()
    {
        await _one.Service.DeployAsync("m", "m", 1, "ann", null, None);
        await _one.Service.PlanAsync("m", new PlanRequest(PlanKind.Single, [new ArmRequest("m", 2)]) { Guard = new PlanGuard(0, MinRequests: 1) }, "ann", null, null, None);
        _one.Pool.Plan("m")!.Arms[0].Traffic.Record(TimeSpan.Zero, failed: true);
        await _one.Rollouts.RunAsync(None);
        Now().Version.ShouldBe(1);
        Now().Plan.Guard.ShouldBeNull();
    }

    [Fact]
    public async Task A_guard_of_another_kind_can_take_a_plan_back()
    {
        using var node = new Node(this, new Drifted());
        await node.Service.PlanAsync("m", Canary(50), "ann", null, null, None);
        await node.Rollouts.RunAsync(None);
        Now().Reason.ShouldBe("The column 'age' has drifted.");
    }

    [Fact]
    public async Task A_rollout_whose_version_is_gone_ends_and_says_why()
    {
        await PlanAsync(5, new RolloutRequest([new RolloutStep(25, 60)]));
        using var other = new Node(this);
        File.Delete(_registry.PathOf("m", 2));
        _clock.Now += TimeSpan.FromSeconds(60);
        await other.Rollouts.RunAsync(None);
        await other.Rollouts.RunAsync(None);
        Now().Reason.ShouldContain("The rollout has ended");
        (Now().Revision, Now().Plan.Arms[1].Share).ShouldBe((2, 0.05));
        other.Seen.Count.ShouldBe(1);
    }

    private Task<Deployment> PlanAsync(double percent, RolloutRequest rollout) =>
        _one.Service.PlanAsync("m", Canary(percent) with { Rollout = rollout }, "ann", null, null, None);

    private Deployment Now() => _store.FindAsync("m", None).Result!;

    private double Share() => Now().Plan.Arms[1].Share;

    private static PlanRequest Canary(double percent) => new(PlanKind.Canary, [new ArmRequest("m", 1), new ArmRequest("m", 2, Percent: percent)]);

    private sealed class Drifted : IRolloutGuard
    {
        public ValueTask<string?> JudgeAsync(Deployment deployment, LivePlan live, CancellationToken cancellation) =>
            ValueTask.FromResult<string?>("The column 'age' has drifted.");
    }

    private sealed class Node : IDisposable, IDeploymentObserver
    {
        public Node(RolloutServiceTests test, IRolloutGuard? guard = null)
        {
            Pool = new PredictionEnginePool(test._registry, clock: test._clock);
            Service = new DeploymentService(test._store, test._registry, Pool, test._clock);
            Rollouts = new RolloutService(test._store, Service, Pool, test._audit, [guard ?? new TrafficGuard()], test._clock, [this]);
        }

        public PredictionEnginePool Pool { get; }

        public DeploymentService Service { get; }

        public RolloutService Rollouts { get; }

        public List<DeploymentEvent> Seen { get; } = [];

        public void Notice(DeploymentEvent happened) => Seen.Add(happened);

        public void Dispose()
        {
            Service.Dispose();
            Pool.Dispose();
        }
    }

    private sealed class AuditList : IAuditLog
    {
        private readonly List<AuditEntry> _entries = [];

        public ImmutableArray<AuditEntry> Entries
        {
            get
            {
                lock (_entries)
                    return [.. _entries];
            }
        }

        public Task AddAsync(AuditEntry entry, CancellationToken cancellation)
        {
            lock (_entries)
                _entries.Add(entry);
            return Task.CompletedTask;
        }

        public Task AddOnceAsync(AuditEntry entry, CancellationToken cancellation) => AddAsync(entry, cancellation);

        public Task<ImmutableArray<AuditEntry>> ListAsync(int count, CancellationToken cancellation) => Task.FromResult(Entries);
    }
}
