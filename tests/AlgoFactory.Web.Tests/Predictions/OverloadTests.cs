using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Predictions;

/// <summary>Too much at once is refused with when to try again, and the server recovers.</summary>
[Collection(AloneTests.Name)]
public sealed class OverloadTests
{
    private const string Body = """{"rows":[{"age":30}]}""";

    [Fact]
    public async Task A_full_server_answers_503_and_recovers()
    {
        await using var server = await StartAsync("Predictions:MaxConcurrent=2");
        var key = await server.KeyAsync(KeyRole.Application);
        using (var one = await HeldAsync(server, key))
        using (var two = await HeldAsync(server, key))
        {
            await Until.TrueAsync(async () => await StatusAsync(server, key) == 503);
            using var refused = await PostAsync(server, key);
            (await refused.ProblemAsync(503)).ShouldContain("try again in 1 s");
            refused.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
            // Those that were let in are answered.
            (await FinishAsync(one)).ShouldStartWith("HTTP/1.1 200");
            (await FinishAsync(two)).ShouldStartWith("HTTP/1.1 200");
        }

        (await StatusAsync(server, key)).ShouldBe(200);
    }

    [Fact]
    public async Task A_key_that_asks_for_too_much_at_once_does_not_stop_the_others()
    {
        await using var server = await StartAsync("Predictions:MaxConcurrentPerKey=1");
        var (greedy, other) = (await server.KeyAsync(KeyRole.Application), await server.KeyAsync(KeyRole.Analyst));
        using (await HeldAsync(server, greedy))
        {
            await Until.TrueAsync(async () => await StatusAsync(server, greedy) == 429);
            (await StatusAsync(server, other)).ShouldBe(200);
        }

        // A caller that has gone frees its place.
        await Until.TrueAsync(async () => await StatusAsync(server, greedy) == 200);
    }

    [Fact]
    public async Task A_key_that_sends_too_fast_is_told_when_to_send_again()
    {
        await using var server = await StartAsync("Predictions:RequestsPerSecondPerKey=0.01", "Predictions:BurstPerKey=2");
        var key = await server.KeyAsync(KeyRole.Application);
        (await StatusAsync(server, key)).ShouldBe(200);
        (await StatusAsync(server, key)).ShouldBe(200);
        using var refused = await PostAsync(server, key);
        (await refused.ProblemAsync(429)).ShouldContain("0.01 requests a second");
        refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(50, 100);
        (await StatusAsync(server, await server.KeyAsync(KeyRole.Operator))).ShouldBe(200);
    }

    [Fact]
    public async Task What_was_turned_away_is_stored_with_how_the_server_fared()
    {
        await using var server = await StartAsync("Predictions:MaxConcurrent=2", "Predictions:RequestsPerSecondPerKey=0.01", "Predictions:BurstPerKey=2");
        var (fast, held) = (await server.KeyAsync(KeyRole.Application), await server.KeyAsync(KeyRole.Operator));
        var load = server.Get<TrafficService>();
        await load.StoreAsync(default);
        var counts = new Dictionary<int, int>();
        for (var i = 0; i < 7; i++)
            Count(await StatusAsync(server, fast));
        using (await HeldAsync(server, held))
        using (await HeldAsync(server, held))
        {
            await Until.TrueAsync(() => Task.FromResult(server.Get<AdmissionControl>().InFlight == 2));
            for (var i = 0; i < 3; i++)
                Count(await StatusAsync(server, fast));
        }

        counts.ShouldBe(new Dictionary<int, int> { [200] = 2, [429] = 5, [503] = 3 });
        var store = server.Get<INodeMinuteStore>();
        await store.DeleteBeforeAsync(DateTimeOffset.MaxValue, default);
        await load.StoreAsync(default);
        var minute = (await store.ListAsync(DateTimeOffset.UnixEpoch, default)).ShouldHaveSingleItem();
        (minute.Requests, minute.KeyLimited, minute.ServerBusy).ShouldBe((12, 5, 3));
        minute.Node.ShouldEndWith($":{Environment.ProcessId}");
        minute.Cpu.ShouldBeInRange(double.Epsilon, 1);
        minute.WorkingSet.ShouldBeGreaterThan(1 << 20);
        minute.MemoryUsed.ShouldBeInRange(1 << 20, minute.MemoryLimit);

        // The next minute begins anew.
        await store.DeleteBeforeAsync(DateTimeOffset.MaxValue, default);
        await load.StoreAsync(default);
        (await store.ListAsync(DateTimeOffset.UnixEpoch, default)).ShouldHaveSingleItem().Requests.ShouldBe(0);
        var metrics = await server.Client().GetStringAsync("/metrics");
        metrics.ShouldMatch("\nalgofactory_memory_used_bytes [1-9]");
        metrics.ShouldMatch("\nalgofactory_memory_limit_bytes [1-9]");

        void Count(int status) => counts[status] = counts.GetValueOrDefault(status) + 1;
    }

    [Fact]
    public async Task A_body_that_does_not_come_in_time_is_given_up()
    {
        await using var server = await StartAsync("Predictions:MaxConcurrent=1");
        var key = await server.KeyAsync(KeyRole.Application);
        using var slow = await HeldAsync(server, key, "?timeoutMs=200");
        (await ReadAsync(slow)).ShouldStartWith("HTTP/1.1 408");
        await Until.TrueAsync(async () => await StatusAsync(server, key) == 200);
    }

    private static async Task<TestServer> StartAsync(params string[] settings)
    {
        var server = await TestServer.StartAsync(settings);
        server.Publish("people", TinyModels.Fit(TaskKind.Binary, 1));
        await server.Get<DeploymentService>().DeployAsync("people", "people", 1, "test", null, default);
        return server;
    }

    private static async Task<int> StatusAsync(TestServer server, string key)
    {
        using var answer = await PostAsync(server, key);
        return (int)answer.StatusCode;
    }

    private static async Task<HttpResponseMessage> PostAsync(TestServer server, string key)
    {
        var client = server.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await client.PostAsync("/api/models/people/predict", new StringContent(Body, Encoding.UTF8, "application/json"));
    }

    /// <summary>A request whose last byte has not been sent.</summary>
    private static async Task<Socket> HeldAsync(TestServer server, string key, string query = "")
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"POST /api/models/people/predict{query} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body[..^1]}"));
        return socket;
    }

    private static async Task<string> FinishAsync(Socket socket)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(Body[^1..]));
        return await ReadAsync(socket);
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var buffer = new byte[4096];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return Encoding.UTF8.GetString(buffer, 0, await socket.ReceiveAsync(buffer, patience.Token));
    }
}
