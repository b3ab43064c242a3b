using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Predictions;

/// <summary>What a prediction over HTTP may allocate, from the socket to the socket, with key and metrics on.</summary>
[Collection(AloneTests.Name)]
public sealed class AllocationTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const int Requests = 1000;
    private const long Budget = 1024;

    [Theory, InlineData(false), InlineData(true)]
    public async Task One_row_over_HTTP_stays_within_its_budget(bool canary)
    {
        await using var server = await TestServer.StartAsync();
        server.Publish("mixed", MixedModel.Fit(20, 500));
        await server.Get<DeploymentService>().DeployAsync("mixed", "mixed", 1, "test", null, default);
        if (canary)
        {
            server.Publish("mixed", MixedModel.Fit(20, 500, seed: 2));
            await server.Get<DeploymentService>().PlanAsync(
                "mixed", new PlanRequest(PlanKind.Canary, [new ArmRequest(Version: 1), new ArmRequest(Version: 2, Percent: 50)]), "test", null, null, default);
        }

        var body = JsonSerializer.Serialize(new { key = "customer 7", rows = new[] { MixedModel.Row(new Random(7)) } });
        var request = Encoding.ASCII.GetBytes(
            $"POST /api/models/mixed/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {await server.KeyAsync(KeyRole.Application)}\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Connect(IPAddress.Loopback, server.Address.Port);
        var answer = new byte[8192];
        var least = long.MaxValue;
        // Other threads of the server (timers, compiling) allocate now and then: the least of several rounds is the requests' own.
        for (var round = 0; round < 5; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            for (var i = 0; i < Requests; i++)
            {
                socket.Send(request);
                var count = socket.Receive(answer);
                answer.AsSpan(0, count).StartsWith("HTTP/1.1 200"u8).ShouldBeTrue();
            }

            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        output.WriteLine($"{least} bytes a request");
        least.ShouldBeLessThanOrEqualTo(Budget);
    }
}
