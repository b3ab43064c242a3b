using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>kill -9 of the real server, in the middle of things: nothing is half there afterwards.</summary>
public sealed class KillTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-kill-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_server_killed_during_an_upload_and_a_sweep_leaves_nothing_half_and_the_sweep_is_resumed()
    {
        string key, id;
        List<JsonElement> before;
        await using (var server = await ServerProcess.StartAsync(_folder.FullName))
        {
            key = server.Key;
            var endless = server.Client.PostAsync("/api/datasets?name=half.csv", new EndlessContent());
            await Until.TrueAsync(() => Files("incoming").Any(f => f.EndsWith(".part", StringComparison.Ordinal)));
            id = await server.StartSweepAsync(trials: 8);
            await Until.TrueAsync(async () => (await server.TrialsAsync(id)).Count >= 2);
            before = await server.TrialsAsync(id);
            await server.KillAsync();
            await Should.ThrowAsync<HttpRequestException>(endless);
        }

        await using var again = await ServerProcess.StartAsync(_folder.FullName, key);
        Files("incoming").ShouldBeEmpty();
        Files("uploads").Count().ShouldBe(1);
        (await again.JsonAsync("/api/datasets")).GetArrayLength().ShouldBe(1);
        (await again.StateAsync(id)).ShouldBe("interrupted");
        var kept = await again.TrialsAsync(id);
        kept.Count.ShouldBeGreaterThanOrEqualTo(before.Count);

        (await again.Client.PostAsync($"/api/experiments/{id}/resume", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Until.TrueAsync(async () => await again.StateAsync(id) is not ("queued" or "running"));
        (await again.StateAsync(id)).ShouldBe("completed", again.Output);
        var after = await again.TrialsAsync(id);
        after.Count.ShouldBeGreaterThanOrEqualTo(8);
        // What was finished was not run again: its fitting took exactly as long as it did.
        foreach (var trial in kept)
            after.Single(t => t.GetProperty("trial").GetInt32() == trial.GetProperty("trial").GetInt32())
                .GetProperty("fitSeconds").GetDouble().ShouldBe(trial.GetProperty("fitSeconds").GetDouble());
    }

    [Fact]
    public async Task A_server_killed_around_a_publish_has_published_once_or_not_at_all()
    {
        var server = await ServerProcess.StartAsync(_folder.FullName);
        try
        {
            for (var round = 0; round < 2; round++)
            {
                var id = await server.StartSweepAsync(trials: 3, name: $"model{round}", learners: ["linear"]);
                // From the last trial on the model is fitted, saved and published: the kill falls somewhere in there.
                await Until.TrueAsync(async () => (await server.TrialsAsync(id)).Count >= 3 || await server.StateAsync(id) == "completed", milliseconds: 10);
                await Task.Delay(round * 20);
                await server.KillAsync();

                var next = await ServerProcess.StartAsync(_folder.FullName, server.Key);
                await server.DisposeAsync();
                server = next;
                var experiment = await server.JsonAsync($"/api/experiments/{id}");
                var state = experiment.GetProperty("state").GetString();
                state.ShouldBeOneOf("completed", "interrupted");
                using var model = await server.Client.GetAsync($"/api/models/model{round}");
                if (state == "completed")
                {
                    var versions = (await model.JsonAsync()).GetProperty("versions");
                    versions.GetArrayLength().ShouldBe(1);
                    experiment.GetProperty("modelVersion").GetInt32().ShouldBe(versions[0].GetProperty("version").GetInt32());
                    (await server.Client.PutAsJsonAsync($"/api/deployments/model{round}", new { })).StatusCode.ShouldBe(HttpStatusCode.OK);
                }
                else
                {
                    model.StatusCode.ShouldBe(HttpStatusCode.NotFound);
                    (await server.Client.PostAsync($"/api/experiments/{id}/resume", null)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
                    await Until.TrueAsync(async () => await server.StateAsync(id) == "completed");
                }

                Directory.EnumerateDirectories(Path.Combine(_folder.FullName, "models"), ".staging-*", SearchOption.AllDirectories).ShouldBeEmpty();
            }
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    private IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(Path.Combine(_folder.FullName, "data", folder));

    /// <summary>A body that begins and never ends.</summary>
    private sealed class EndlessContent : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            while (true)
            {
                await stream.WriteAsync(new byte[64 << 10]);
                await stream.FlushAsync();
                await Task.Delay(20);
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
