using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Databases;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>Two servers behind a proxy, on one PostgreSQL: swaps under load, and one of them killed.</summary>
public sealed class TwoNodesTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-nodes-");
    private readonly PostgresCluster _postgres = new();

    public void Dispose()
    {
        _postgres.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task No_request_fails_and_no_answer_is_of_before_an_acknowledged_swap()
    {
        string[] settings = ["Database:Provider=postgresql", $"Database:ConnectionString={_postgres.ConnectionString()}", "Worker:Enabled=false"];
        await using var first = await ServerProcess.StartAsync(_folder.FullName, null, settings);
        await using var second = await ServerProcess.StartAsync(_folder.FullName, first.Key, settings);
        for (var seed = 1; seed <= 2; seed++)
            await UploadAsync(first, seed);
        // A node that has just come takes part in the first acknowledgement once it has reported.
        await Until.TrueAsync(async () =>
        {
            await first.Client.PutAsJsonAsync("/api/deployments/people", new { model = "people", version = 1 });
            return (await first.Client.GetFromJsonAsync<JsonElement>("/api/deployments/people")).GetProperty("nodes").GetArrayLength() == 2;
        });
        using var proxy = await NginxProcess.StartAsync(Path.Combine(_folder.FullName, "nginx"), first.Client.BaseAddress!, second.Client.BaseAddress!);

        var acknowledged = 0; // the version that was last acknowledged; 0 while a swap is under way
        var epoch = 0;
        var wrong = new ConcurrentQueue<string>();
        var answers = 0;
        using var stop = new CancellationTokenSource();
        var clients = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            using var client = new HttpClient { BaseAddress = proxy.Address };
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", first.Key);
            while (!stop.IsCancellationRequested)
            {
                var (before, expected) = (Volatile.Read(ref epoch), Volatile.Read(ref acknowledged));
                var version = await PredictAsync(client);
                // A swap that began meanwhile makes either version right.
                if (version == 0)
                    wrong.Enqueue("A request failed, and so did its retries.");
                else if (expected != 0 && before == Volatile.Read(ref epoch) && version != expected)
                    wrong.Enqueue($"Version {version} answered after {expected} was acknowledged.");
                Interlocked.Increment(ref answers);
            }
        })).ToArray();

        // On a machine that is very busy a node may not follow in time; such a swap is not acknowledged, and says so.
        var everywhere = 0;
        for (var swap = 0; swap < 6; swap++)
            everywhere += (await SwapAsync(swap % 2 + 1)).Length == 0 ? 1 : 0;
        everywhere.ShouldBeGreaterThan(0);
        await second.KillAsync();
        // The dead node is waited for, then named; the other one answers on.
        (await SwapAsync(1, isAlone: true)).Length.ShouldBe(1);
        await Task.Delay(300);
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        wrong.ShouldBeEmpty();
        answers.ShouldBeGreaterThan(100);

        async Task<string[]> SwapAsync(int version, bool isAlone = false)
        {
            Volatile.Write(ref acknowledged, 0);
            Interlocked.Increment(ref epoch);
            using var answer = await first.Client.PutAsJsonAsync("/api/deployments/people", new { model = "people", version });
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
            string[] late = [.. (await answer.JsonAsync()).GetProperty("waitingFor").EnumerateArray().Select(n => n.GetString()!)];
            if (late.Length == 0 || isAlone)
                Volatile.Write(ref acknowledged, version);
            var before = Volatile.Read(ref answers);
            await Until.TrueAsync(() => Volatile.Read(ref answers) > before + 6);
            return late;
        }
    }

    private async Task UploadAsync(ServerProcess server, int seed)
    {
        var file = Path.Combine(_folder.FullName, "m.afm");
        TinyModels.Fit(TaskKind.Binary, seed).Save(file);
        using var body = new ByteArrayContent(await File.ReadAllBytesAsync(file));
        body.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        using var answer = await server.Client.PostAsync("/api/models/people/versions", body);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    // As applications do it: a few more tries, when nobody answers or the proxy says so.
    private static async Task<int> PredictAsync(HttpClient client)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            try
            {
                using var answer = await client.PostAsync("/api/models/people/predict", new StringContent("""{"rows":[{"age":30}]}""", Encoding.UTF8, "application/json"));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return (await answer.JsonAsync()).GetProperty("version").GetInt32();
                if (answer.StatusCode is not (HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout))
                    return 0;
            }
            catch (HttpRequestException)
            {
                // Tried again.
            }

            await Task.Delay(50);
        }

        return 0;
    }
}
