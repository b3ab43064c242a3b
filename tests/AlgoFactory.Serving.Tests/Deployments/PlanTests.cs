using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Serving.Rollouts;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Deployments;

/// <summary>Plans: what may be asked for, and how a deployment goes from one to the next.</summary>
public sealed class PlanTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly MemoryDeploymentStore _store = new();
    private readonly ManualClock _clock = new();
    private readonly ModelRegistry _registry;
    private readonly PredictionEnginePool _pool;
    private readonly DeploymentService _service;

    public PlanTests()
    {
        _registry = new ModelRegistry(_folder["models"], BuiltIn.Readers);
        for (var seed = 1; seed <= 3; seed++)
            Publish("m", TaskKind.Binary, seed);
        Publish("numbers", TaskKind.Regression, 1);
        _pool = new PredictionEnginePool(_registry, clock: _clock);
        _service = new DeploymentService(_store, _registry, _pool, _clock);
    }

    public void Dispose()
    {
        _service.Dispose();
        _pool.Dispose();
        _folder.Dispose();
    }

    public static TheoryData<PlanRequest, string> Refused => new()
    {
        { new PlanRequest(PlanKind.Single, [Arm(1), Arm(2)]), "one arm" },
        { new PlanRequest(PlanKind.Single, []), "one arm" },
        { new PlanRequest(PlanKind.Canary, [Arm(1)]), "two arms" },
        { new PlanRequest(PlanKind.Canary, [Arm(1), Arm(2)]), "needs a 'percent'" },
        { new PlanRequest(PlanKind.Canary, [Arm(1), Arm(2) with { Percent = 101 }]), "from 0 to 100" },
        { new PlanRequest(PlanKind.Canary, [Arm(1), Arm(2) with { Percent = double.NaN }]), "from 0 to 100" },
        { new PlanRequest(PlanKind.Canary, [Arm(1) with { Percent = 95 }, Arm(2) with { Percent = 5 }]), "second arm" },
        { new PlanRequest(PlanKind.Canary, [Arm(1), Arm(1) with { Percent = 5 }]), "same version" },
        { new PlanRequest(PlanKind.Ab, [Arm(1)]), "2 to 10 arms" },
        { new PlanRequest(PlanKind.Ab, [Arm(1), Arm(2) with { Weight = 0 }]), "above 0" },
        { new PlanRequest(PlanKind.Ab, [Arm(1) with { Name = "x" }, Arm(2) with { Name = "x" }]), "same name" },
        { new PlanRequest(PlanKind.Ab, [Arm(1), Arm(2) with { Name = "a b" }]), "cannot be a name" },
        { new PlanRequest(PlanKind.Ab, [Arm(1), Arm(2) with { Name = "constant" }]), "another name" },
        { new PlanRequest(PlanKind.Shadow, [Arm(1), Arm(2) with { Weight = 3 }]), "'weight'" },
        { new PlanRequest(PlanKind.Shadow, [Arm(1), new ArmRequest("numbers", 1)]), "binary model" },
        { new PlanRequest(PlanKind.Shadow, [Arm(1), Arm(2)]) { Guard = new PlanGuard(0.1) }, "nothing to go back from" },
        { new PlanRequest(PlanKind.Fallback, [Arm(1)]), "'constant'" },
        { new PlanRequest(PlanKind.Fallback, [Arm(1)]) { Constant = "perhaps" }, "none of the model's classes" },
        { new PlanRequest(PlanKind.Fallback, [new ArmRequest("numbers", 1)]) { Constant = "perhaps" }, "no number" },
        { new PlanRequest(PlanKind.Fallback, [Arm(1), Arm(2)]) { TimeoutMs = 0 }, "'timeoutMs'" },
        { new PlanRequest(PlanKind.Single, [Arm(1)]) { TimeoutMs = 5 }, "'fallback'" },
        { new PlanRequest(PlanKind.Single, [Arm(1)]) { Rollout = new RolloutRequest([new RolloutStep(100, 1)]) }, "'canary'" },
        { new PlanRequest(PlanKind.Single, [Arm(1)]) { Guard = new PlanGuard(2) }, "'maxErrorRate'" },
        { new PlanRequest(PlanKind.Single, [Arm(1)]) { Guard = new PlanGuard(0.1, MinRequests: 0) }, "'minRequests'" },
        { Canary(50) with { Rollout = new RolloutRequest([]) }, "'steps'" },
        { Canary(50) with { Rollout = new RolloutRequest([new RolloutStep(20, 1)]) }, "larger 'percent'" },
        { Canary(5) with { Rollout = new RolloutRequest([new RolloutStep(20, -1)]) }, "'waitSeconds'" },
    };

    [Fact]
    public void Beside_a_version_stands_what_takes_the_same_rows_and_answers_alike_of_whichever_model()
    {
        Publish("another", TaskKind.Binary, 4);
        Publish("classes", TaskKind.Multiclass, 1);
        _service.Beside("m", 2).Select(v => $"{v.Id.Name}/{v.Id.Version}").ShouldBe(["m/3", "m/1", "another/1"]);
        _service.Beside("numbers", 1).ShouldBeEmpty();
        _service.Beside("m", 9).ShouldBeEmpty();
        // What is offered is taken.
        foreach (var version in _service.Beside("m", 2))
            Should.NotThrow(() => _service.PlanAsync("m", new PlanRequest(PlanKind.Shadow, [Arm(2), new ArmRequest(version.Id.Name, version.Id.Version)]), "ann", null, null, None));
    }

    [Theory, MemberData(nameof(Refused))]
    public async Task What_is_no_plan_is_refused_in_a_sentence(PlanRequest asked, string word)
    {
        var fault = await Should.ThrowAsync<DeploymentException>(() => _service.PlanAsync("m", asked, "ann", null, null, None));
        fault.Fault.ShouldBe(DeploymentFault.Invalid);
        fault.Message.ShouldContain(word);
        fault.Message.ShouldEndWith(".");
        (await _store.ListAsync(None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_canary_is_planned_promoted_and_rolled_back()
    {
        await _service.DeployAsync("m", "m", 1, "ann", null, None);
        var canary = await _service.PlanAsync("m", Canary(20), "bob", "try it", 1, None);
        canary.ShouldSatisfyAllConditions(
            d => d.Revision.ShouldBe(2), d => d.Version.ShouldBe(1), d => d.Plan.Kind.ShouldBe(PlanKind.Canary),
            d => d.Plan.Arms.Select(a => (a.Name, a.Version, a.Share)).ShouldBe([("stable", 1, 0.8), ("canary", 2, 0.2)]));
        var live = _pool.Plan("m")!;
        live.Revision.ShouldBe(2);
        live.Rent(1)!.Version.Version.ShouldBe(2);
        (await _service.PromoteAsync("m", null, null, "cy", null, null, None)).ShouldSatisfyAllConditions(
            d => d.Version.ShouldBe(2), d => d.Plan.Kind.ShouldBe(PlanKind.Single), d => d.Reason.ShouldBe("promote"));
        (await _service.RollbackAsync("m", "cy", None)).Plan.RoutesAs(canary.Plan).ShouldBeTrue();
        (await _service.RollbackAsync("m", "cy", None)).Version.ShouldBe(2);
        (await Fault(() => _service.PromoteAsync("m", null, null, "cy", null, null, None))).ShouldBe(DeploymentFault.Conflict);
        (await Fault(() => _service.PromoteAsync("m", "other", null, "cy", null, null, None))).ShouldBe(DeploymentFault.NotFound);
    }

    [Fact]
    public async Task A_change_from_an_older_revision_is_refused()
    {
        await _service.PlanAsync("m", Canary(20), "ann", null, 0, None);
        (await Fault(() => _service.PlanAsync("m", Canary(30), "bob", null, 0, None))).ShouldBe(DeploymentFault.Outdated);
        await _service.PlanAsync("m", Canary(30), "bob", null, 1, None);
        (await Fault(() => _service.RollbackAsync("m", "bob", null, 1, None))).ShouldBe(DeploymentFault.Outdated);
        (await Fault(() => _service.DeployAsync("m", "m", 1, "bob", null, 1, None))).ShouldBe(DeploymentFault.Outdated);
    }

    [Fact]
    public async Task Versions_that_stay_are_not_loaded_again_and_no_arm_can_be_deleted()
    {
        await _service.DeployAsync("m", "m", 1, "ann", null, None);
        var first = _pool.Plan("m")!.Arms[0].Generation;
        await _service.PlanAsync("m", Canary(20), "ann", null, null, None);
        var second = _pool.Plan("m")!.Arms[1].Generation;
        _pool.Plan("m")!.Arms[0].Generation.ShouldBeSameAs(first);
        await _service.PlanAsync("m", Canary(40), "ann", null, null, None);
        (await Fault(() => _service.DeleteVersionAsync("m", 2, None))).ShouldBe(DeploymentFault.Conflict);
        await _service.PromoteAsync("m", null, null, "ann", null, null, None);
        _pool.Plan("m")!.Arms[0].Generation.ShouldBeSameAs(second);
        first!.IsFreed.ShouldBeTrue();
        second!.IsFreed.ShouldBeFalse();
    }

    [Fact]
    public async Task Rolling_back_passes_over_the_steps_of_a_rollout()
    {
        await _service.DeployAsync("m", "m", 1, "ann", null, None);
        var begun = await _service.PlanAsync("m", Canary(5) with { Rollout = new RolloutRequest([new RolloutStep(50, 10), new RolloutStep(100, 10)]) }, "ann", null, null, None);
        begun.Plan.Rollout!.NextAt.ShouldBe(_clock.Now.AddSeconds(10));
        var half = await _service.ReplaceAsync(begun, RolloutService.Next(begun.Plan, _clock.Now), "rollout", "step", None);
        var whole = await _service.ReplaceAsync(half, RolloutService.Next(half.Plan, _clock.Now), "rollout", "step", None);
        whole.Version.ShouldBe(2);
        (await _service.RollbackAsync("m", "ann", None)).ShouldSatisfyAllConditions(d => d.Version.ShouldBe(1), d => d.Plan.Kind.ShouldBe(PlanKind.Single));
        (await _service.RollbackAsync("m", "ann", None)).Version.ShouldBe(2);
    }

    [Fact]
    public async Task A_node_that_cannot_load_a_challenger_serves_the_rest_and_says_so()
    {
        await _service.PlanAsync("m", Canary(50), "ann", null, null, None);
        await _service.PlanAsync("f", new PlanRequest(PlanKind.Fallback, [new ArmRequest("m", 2), new ArmRequest("m", 3)]), "ann", null, null, None);
        File.WriteAllText(_registry.PathOf("m", 2), "broken");
        var seen = new List<DeploymentEvent>();
        using var pool = new PredictionEnginePool(_registry, clock: _clock);
        using var other = new DeploymentService(_store, _registry, pool, _clock, observers: [new Listener(seen)]);
        await other.SyncAsync(None);
        await other.SyncAsync(None);
        using (var lease = pool.Rent("m"))
            lease!.Version.Version.ShouldBe(1);
        using (var lease = pool.Rent("f"))
            lease!.Version.Version.ShouldBe(3);
        (await other.ShowAsync("m", None)).Error!.ShouldContain("'canary'");
        pool.Find("m")!.Arms[1].Error.ShouldNotBeNull();
        seen.Select(e => (e.Kind, e.Deployment)).ShouldBe([(DeploymentEventKind.LoadFailed, "f"), (DeploymentEventKind.LoadFailed, "m")], ignoreOrder: true);
    }

    [Fact]
    public async Task A_change_waits_for_the_nodes_that_live_and_names_those_that_do_not_follow()
    {
        var board = new LocalNodeBoard();
        using var one = new DeploymentService(_store, _registry, _pool, _clock, board) { Node = "one" };
        using var pool = new PredictionEnginePool(_registry, clock: _clock);
        using var two = new DeploymentService(_store, _registry, pool, _clock, board) { Node = "two" };
        await two.ReportAsync(None);
        var changed = await one.DeployAsync("m", "m", 1, "ann", null, None);
        (await one.WaitForNodesAsync(changed, TimeSpan.FromTicks(-1), None)).ShouldBe(["two"]);
        await two.SyncAsync(None);
        await two.ReportAsync(None);
        (await one.WaitForNodesAsync(changed, TimeSpan.FromHours(1), None)).ShouldBeEmpty();
        (await one.ShowAsync("m", None)).Nodes.Select(n => (n.Node, n.Served?.Version.Hash)).ShouldBe([("one", changed.Hash), ("two", changed.Hash)]);
        // A node that is silent is taken as gone, and no change waits for it.
        var next = await one.DeployAsync("m", "m", 2, "ann", null, None);
        _clock.Now += NodeReport.Life;
        (await one.WaitForNodesAsync(next, TimeSpan.FromHours(1), None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_whose_clock_is_wrong_lives_as_long_as_it_reports()
    {
        var board = new LocalNodeBoard();
        using var one = new DeploymentService(_store, _registry, _pool, _clock, board) { Node = "one" };
        await one.DeployAsync("m", "m", 1, "ann", null, None);
        var wrong = _clock.Now.AddHours(-1);
        await board.ReportAsync(Report(wrong), None);
        // An hour old when it is first seen: of a node that has gone.
        (await one.ShowAsync("m", None)).Nodes.Length.ShouldBe(1);
        for (var second = 1; second <= 30; second++)
        {
            _clock.Now += TimeSpan.FromSeconds(1);
            await board.ReportAsync(Report(wrong.AddSeconds(second)), None);
            (await one.ShowAsync("m", None)).Nodes.Length.ShouldBe(2);
        }

        _clock.Now += NodeReport.Life;
        (await one.ShowAsync("m", None)).Nodes.Length.ShouldBe(1);
        (await one.ShowAsync("m", None)).Nodes.Length.ShouldBe(1);

        static NodeReport Report(DateTimeOffset at) => new("two", at, [], System.Collections.Immutable.ImmutableDictionary<string, string>.Empty);
    }

    private void Publish(string name, TaskKind kind, int seed)
    {
        TinyModels.Fit(kind, seed).Save(_folder["m.afm"]);
        _registry.Publish(name, _folder["m.afm"]);
    }

    private static ArmRequest Arm(int version) => new("m", version);

    private static PlanRequest Canary(double percent) => new(PlanKind.Canary, [Arm(1), Arm(2) with { Percent = percent }]);

    private static async Task<DeploymentFault> Fault(Func<Task> act) => (await Should.ThrowAsync<DeploymentException>(act)).Fault;

    private sealed class Listener(List<DeploymentEvent> seen) : IDeploymentObserver
    {
        public void Notice(DeploymentEvent happened) => seen.Add(happened);
    }
}
