using System.Net;
using System.Net.Http.Json;
using AlgoFactory.TestKit.Databases;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>With the metadata on PostgreSQL the job store is a cluster: what a dead worker was running another takes over.</summary>
public sealed class ClusterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-cluster-");
    private readonly PostgresCluster _postgres = new();

    public void Dispose()
    {
        _postgres.Dispose();
        _folder.Delete(recursive: true);
    }

    private string[] Settings => ["Database:Provider=postgresql", $"Database:ConnectionString={_postgres.ConnectionString()}", "Worker:TakeOverSeconds=4"];

    [Fact]
    public async Task A_sweep_whose_worker_was_killed_goes_on_by_itself()
    {
        await using var server = await ServerProcess.StartAsync(_folder.FullName, null, Settings);
        var id = await server.StartSweepAsync(trials: 8);
        await Until.TrueAsync(async () => (await server.TrialsAsync(id)).Count >= 2);
        ServerProcess.Kill(server.WorkerId!.Value);
        (await server.StateAsync(id)).ShouldNotBe("completed");
        await Until.TrueAsync(async () => await server.StateAsync(id) == "completed");
        (await server.Client.PutAsJsonAsync("/api/deployments/swept", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var predicted = await server.Client.PostAsJsonAsync("/api/models/swept/predict", new { rows = new[] { new { x = 80, colour = "red" } } });
        predicted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_sweep_whose_node_was_killed_is_finished_by_the_other_node()
    {
        await using var first = await ServerProcess.StartAsync(_folder.FullName, null, Settings);
        var id = await first.StartSweepAsync(trials: 6);
        await Until.TrueAsync(async () => (await first.TrialsAsync(id)).Count >= 2);
        // The second node comes when the first has the sweep in hand, and before it is done; they share the database and the two folders.
        await ServerProcess.FreezeAsync(first.WorkerId!.Value);
        await using var second = await ServerProcess.StartAsync(_folder.FullName, first.Key, Settings);
        ServerProcess.Kill(first.WorkerId!.Value);
        await first.KillAsync();
        var before = await second.TrialsAsync(id);
        (await second.StateAsync(id)).ShouldNotBe("completed");

        await Until.TrueAsync(async () => await second.StateAsync(id) == "completed");

        var after = await second.TrialsAsync(id);
        after.Count.ShouldBeGreaterThanOrEqualTo(6);
        // What the first node had finished was not run again: its fitting took exactly as long as it did.
        foreach (var trial in before)
            after.Single(t => t.GetProperty("trial").GetInt32() == trial.GetProperty("trial").GetInt32())
                .GetProperty("fitSeconds").GetDouble().ShouldBe(trial.GetProperty("fitSeconds").GetDouble());
        (await second.JsonAsync("/api/models/swept")).GetProperty("versions").GetArrayLength().ShouldBe(1);
    }
}
