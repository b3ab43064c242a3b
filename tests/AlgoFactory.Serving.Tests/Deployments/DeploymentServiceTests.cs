using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Deployments;

public sealed class DeploymentServiceTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private readonly MemoryDeploymentStore _store = new();
    private readonly ManualClock _clock = new();
    private readonly ModelRegistry _registry;
    private readonly Node _node;

    public DeploymentServiceTests()
    {
        _registry = new ModelRegistry(_folder["models"], BuiltIn.Readers);
        for (var seed = 1; seed <= 3; seed++)
        {
            TinyModels.Fit(TaskKind.Binary, seed).Save(_folder["m.afm"]);
            _registry.Publish("m", _folder["m.afm"]);
        }

        _node = new Node(_store, _registry, _clock);
    }

    public void Dispose()
    {
        _node.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Deploy_swap_and_roll_back()
    {
        (await _node.Service.DeployAsync("d", "m", 1, "ann", null, None)).ShouldSatisfyAllConditions(
            d => d.Revision.ShouldBe(1), d => d.Reason.ShouldBe("deploy"), d => d.ChangedBy.ShouldBe("ann"),
            d => d.Hash.ShouldBe(_registry.Find("m", 1)!.Id.Hash), d => d.ChangedAt.ShouldBe(_clock.Now));
        _node.Served("d").ShouldBe(1);
        await _node.Service.DeployAsync("d", "m", null, "bob", "better", None);
        _node.Served("d").ShouldBe(3);
        (await _node.Service.RollbackAsync("d", "cy", None)).Reason.ShouldBe("rollback");
        _node.Served("d").ShouldBe(1);
        (await _node.Service.RollbackAsync("d", "cy", None)).Version.ShouldBe(3);
        var history = await _node.Service.HistoryAsync("d", None);
        history.Select(d => (d.Revision, d.Version, d.Reason)).ShouldBe([(4, 3, "rollback"), (3, 1, "rollback"), (2, 3, "better"), (1, 1, "deploy")]);
        (await _node.Service.ListAsync(None)).Single().IsHealthy.ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_not_there_or_not_allowed_is_said()
    {
        (await Fault(() => _node.Service.DeployAsync("d", "m", 9, "ann", null, None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.DeployAsync("d", "m", 1, "ann", new string('x', 501), None))).ShouldBe(DeploymentFault.Invalid);
        (await Fault(() => _node.Service.DeployAsync("d", "nope", null, "ann", null, None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.DeployAsync("../d", "m", 1, "ann", null, None))).ShouldBe(DeploymentFault.Invalid);
        (await Fault(() => _node.Service.DeployAsync("d", "../m", 1, "ann", null, None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.RollbackAsync("d", "ann", None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.DeleteAsync("d", None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.HistoryAsync("d", None))).ShouldBe(DeploymentFault.NotFound);
        await _node.Service.DeployAsync("d", "m", 1, "ann", null, None);
        (await Fault(() => _node.Service.RollbackAsync("d", "ann", None))).ShouldBe(DeploymentFault.Conflict);
    }

    [Fact]
    public async Task Of_two_changes_at_once_one_wins_and_serves()
    {
        await _node.Service.DeployAsync("d", "m", 1, "ann", null, None);
        using var other = new Node(_store, _registry, _clock);
        _store.BeforeSave = () => other.Service.DeployAsync("d", "m", 2, "bob", null, None);
        (await Fault(() => _node.Service.DeployAsync("d", "m", 3, "ann", null, None))).ShouldBe(DeploymentFault.Conflict);
        (await _store.FindAsync("d", None))!.Version.ShouldBe(2);
        _node.Served("d").ShouldBe(1);
        await _node.Service.SyncAsync(None);
        _node.Served("d").ShouldBe(2);
    }

    [Fact]
    public async Task Many_changes_at_once_end_with_what_the_store_says()
    {
        await _node.Service.DeployAsync("d", "m", 1, "ann", null, None);
        var conflicts = 0;
        await Parallel.ForEachAsync(Enumerable.Range(0, 60), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
        {
            try
            {
                await _node.Service.DeployAsync("d", "m", i % 3 + 1, "ann", null, None);
            }
            catch (DeploymentException e) when (e.Fault == DeploymentFault.Conflict)
            {
                Interlocked.Increment(ref conflicts);
            }
        });
        var stored = (await _store.FindAsync("d", None))!;
        stored.Revision.ShouldBe(61 - conflicts);
        _node.Served("d").ShouldBe(stored.Version);
        _node.Pool.Find("d")!.Revision.ShouldBe(stored.Revision);
    }

    [Fact]
    public async Task A_new_node_serves_what_the_store_says_and_follows_it()
    {
        await _node.Service.DeployAsync("d", "m", 1, "ann", null, None);
        await _node.Service.DeployAsync("e", "m", 2, "ann", null, None);
        using var other = new Node(_store, _registry, _clock);
        other.Served("d").ShouldBeNull();
        (await other.Service.ListAsync(None)).ShouldAllBe(s => !s.IsHealthy && s.Error == null);
        await other.Service.SyncAsync(None);
        (other.Served("d"), other.Served("e")).ShouldBe((1, 2));
        await _node.Service.DeployAsync("d", "m", 3, "ann", null, None);
        await _node.Service.DeleteAsync("e", None);
        await other.Service.SyncAsync(None);
        (other.Served("d"), other.Served("e")).ShouldBe((3, null));
        await _node.Service.DeleteAsync("d", None);
        await _node.Service.DeployAsync("d", "m", 2, "ann", null, None);
        await other.Service.SyncAsync(None);
        other.Served("d").ShouldBe(2);
    }

    [Fact]
    public async Task A_broken_file_is_reported_and_stops_nothing_else()
    {
        await _node.Service.DeployAsync("a", "m", 1, "ann", null, None);
        await _node.Service.DeployAsync("b", "m", 2, "ann", null, None);
        var path = _registry.PathOf("m", 1);
        var good = File.ReadAllBytes(path);
        File.WriteAllBytes(path, good[..500]);
        using var restarted = new Node(_store, _registry, _clock);
        await restarted.Service.SyncAsync(None);
        restarted.Served("a").ShouldBeNull();
        restarted.Served("b").ShouldBe(2);
        var status = await restarted.Service.ShowAsync("a", None);
        status.IsHealthy.ShouldBeFalse();
        status.Error!.ShouldContain("cannot serve");
        (await Fault(() => restarted.Service.DeployAsync("b", "m", 1, "ann", null, None))).ShouldBe(DeploymentFault.Invalid);
        restarted.Served("b").ShouldBe(2);

        // The disk came back: it is tried again, but not at every poll.
        File.WriteAllBytes(path, good);
        await restarted.Service.SyncAsync(None);
        restarted.Served("a").ShouldBeNull();
        _clock.Now += TimeSpan.FromMinutes(2);
        await restarted.Service.SyncAsync(None);
        restarted.Served("a").ShouldBe(1);
        (await restarted.Service.ShowAsync("a", None)).IsHealthy.ShouldBeTrue();
    }

    [Fact]
    public async Task A_version_that_serves_is_not_deleted()
    {
        await _node.Service.DeployAsync("d", "m", 1, "ann", null, None);
        await _node.Service.DeployAsync("d", "m", 2, "ann", null, None);
        (await Fault(() => _node.Service.DeleteVersionAsync("m", 2, None))).ShouldBe(DeploymentFault.Conflict);
        await _node.Service.DeleteVersionAsync("m", 1, None);
        (await Fault(() => _node.Service.DeleteVersionAsync("m", 1, None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.DeleteVersionAsync("../m", 1, None))).ShouldBe(DeploymentFault.NotFound);
        (await Fault(() => _node.Service.RollbackAsync("d", "ann", None))).ShouldBe(DeploymentFault.NotFound);
        _node.Served("d").ShouldBe(2);
    }

    private static async Task<DeploymentFault> Fault(Func<Task> act)
    {
        var fault = await Should.ThrowAsync<DeploymentException>(act);
        fault.Message.ShouldEndWith(".");
        return fault.Fault;
    }

    private sealed class Node : IDisposable
    {
        public Node(MemoryDeploymentStore store, ModelRegistry registry, ManualClock clock)
        {
            Pool = new PredictionEnginePool(registry, clock: clock);
            Service = new DeploymentService(store, registry, Pool, clock);
        }

        public PredictionEnginePool Pool { get; }

        public DeploymentService Service { get; }

        public int? Served(string deployment)
        {
            using var lease = Pool.Rent(deployment);
            return lease?.Version.Version;
        }

        public void Dispose()
        {
            Service.Dispose();
            Pool.Dispose();
        }
    }
}
