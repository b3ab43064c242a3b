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

    [Fact]
    public async Task A_sweep_whose_worker_was_killed_goes_on_by_itself()
    {
        await using var server = await ServerProcess.StartAsync(
            _folder.FullName, null, "Database:Provider=postgresql", $"Database:ConnectionString={_postgres.ConnectionString()}");
        var id = await server.StartSweepAsync(trials: 60);
        await Until.TrueAsync(async () => (await server.TrialsAsync(id)).Count >= 2);
        ServerProcess.Kill(server.WorkerId!.Value);
        await Until.TrueAsync(async () => await server.StateAsync(id) == "completed");
        (await server.Client.PutAsJsonAsync("/api/deployments/swept", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var predicted = await server.Client.PostAsJsonAsync("/api/models/swept/predict", new { rows = new[] { new { x = 80, colour = "red" } } });
        predicted.StatusCode.ShouldBe(HttpStatusCode.OK);
    }
}
