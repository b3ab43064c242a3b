using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Predictions;

/// <summary>Two clients predict in a loop while the deployment is swapped 500 times: no request fails, no answer is of two versions, nothing leaks.</summary>
[Collection(AloneTests.Name)]
public sealed class SwapLoadTests
{
    private const int Swaps = 500;
    private const int WarmSwaps = 100;
    private const int Clients = 2;
    private const long ManagedBytes = 8 << 20;
    private const long NativeBytes = 96 << 20;
    private const string Rows = """{"rows":[{"age":47,"income":12345.6,"city":"Wien","member":"yes","joined":"2003-04-05","note":"late slow"}]}""";

    [Fact]
    public async Task Swaps_under_load_fail_nothing_mix_nothing_and_keep_nothing()
    {
        await using var server = await TestServer.StartAsync();
        var admin = await server.ClientAsync();
        var expected = new Dictionary<int, string>();
        for (var version = 1; version <= 2; version++)
        {
            server.Publish("people", TinyModels.Fit(TaskKind.Binary, seed: version));
            expected[version] = (await PredictAsync(admin, $"/api/models/people/versions/{version}/predict")).GetProperty("predictions").GetRawText();
        }

        expected[1].ShouldNotBe(expected[2]);
        await DeployAsync(admin, 1);
        using var stop = new CancellationTokenSource();
        // A request holds one permit; who reads the memory holds them all, so that no request's garbage is counted.
        using var requests = new SemaphoreSlim(Clients, Clients);
        var loads = new List<Task<int>>();
        for (var client = 0; client < Clients; client++)
            loads.Add(RunAsync(await server.ClientAsync(Serving.Access.KeyRole.Application)));

        (long Managed, long Native) before = default;
        for (var swap = 0; swap < Swaps; swap++)
        {
            if (swap == WarmSwaps)
                before = await MemoryAsync();
            await DeployAsync(admin, 2 - swap % 2);
        }

        var after = await MemoryAsync();
        await stop.CancelAsync();
        var answers = await Task.WhenAll(loads);
        answers.Sum().ShouldBeGreaterThan(Swaps);
        (after.Managed - before.Managed).ShouldBeLessThan(ManagedBytes);
        (after.Native - before.Native).ShouldBeLessThan(NativeBytes);

        async Task<int> RunAsync(HttpClient client)
        {
            var answered = 0;
            for (; !stop.IsCancellationRequested; answered++)
            {
                await requests.WaitAsync();
                try
                {
                    var answer = await PredictAsync(client, "/api/models/people/predict");
                    answer.GetProperty("predictions").GetRawText().ShouldBe(expected[answer.GetProperty("version").GetInt32()]);
                }
                finally
                {
                    requests.Release();
                }
            }

            return answered;
        }

        async Task<(long Managed, long Native)> MemoryAsync()
        {
            for (var client = 0; client < Clients; client++)
                await requests.WaitAsync();
            var memory = Memory();
            requests.Release(Clients);
            return memory;
        }
    }

    private static async Task DeployAsync(HttpClient admin, int version)
    {
        using var answer = await admin.PutAsJsonAsync("/api/deployments/people", new { version });
        answer.IsSuccessStatusCode.ShouldBeTrue();
    }

    private static async Task<JsonElement> PredictAsync(HttpClient client, string path)
    {
        using var answer = await client.PostAsync(path, new StringContent(Rows, Encoding.UTF8, "application/json"));
        answer.IsSuccessStatusCode.ShouldBeTrue();
        return await answer.JsonAsync();
    }

    private static (long Managed, long Native) Memory()
    {
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var self = Process.GetCurrentProcess();
        return (managed, self.WorkingSet64 - managed);
    }
}
