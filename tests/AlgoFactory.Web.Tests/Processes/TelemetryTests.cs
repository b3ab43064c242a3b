using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.TestKit.Models;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Processes;

/// <summary>What a server sends to a collector of traces and writes for a collector of logs. A process of its own: who listens for spans hears those of a whole process.</summary>
public sealed class TelemetryTests : IDisposable
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736", Parent = "00f067aa0ba902b7";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("algofactory-telemetry-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_prediction_is_a_span_of_its_callers_trace_and_lines_of_a_request_have_its_id()
    {
        using var collector = new SpanCollector();
        await using var server = await ServerProcess.StartAsync(
            _folder.FullName, null, $"Telemetry:OtlpEndpoint={collector.Address}", "Telemetry:JsonLogs=true", "Worker:Enabled=false",
            "Logging:LogLevel:Microsoft.AspNetCore.Routing=Debug", "OTEL_BSP_SCHEDULE_DELAY=100");
        var file = Path.Combine(_folder.FullName, "m.afm");
        TinyModels.Fit(TaskKind.Binary).Save(file);
        using var uploaded = await server.Client.PostAsync("/api/models/people/versions", new ByteArrayContent(await File.ReadAllBytesAsync(file)));
        uploaded.EnsureSuccessStatusCode();
        using var deployed = await server.Client.PutAsJsonAsync("/api/deployments/people", new { model = "people" });
        deployed.EnsureSuccessStatusCode();

        foreach (var (body, status) in new[] { ("""{"rows":[{"age":1},{"age":2}]}""", HttpStatusCode.OK), ("""{"rows":[{"nothing":1}]}""", HttpStatusCode.BadRequest) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/models/people/predict") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.Add("traceparent", $"00-{Trace}-{Parent}-01");
            using var answer = await server.Client.SendAsync(request);
            answer.StatusCode.ShouldBe(status);
        }

        // A prediction's span ends before its request's, and they may be sent apart.
        await Until.TrueAsync(() => collector.Spans.Count(s => s.Name == "predict") == 2 && collector.Spans.Count(s => s.Parent == Parent) == 2);
        var spans = collector.Spans;
        var predicted = spans.Where(s => s.Name == "predict").ToArray();
        predicted.ShouldAllBe(s => s.Trace == Trace && s.Tags["algofactory.deployment"] == "people" && s.Tags["algofactory.version"] == "1");
        predicted.Select(s => s.Tags.GetValueOrDefault("algofactory.rows")).ShouldBe(["2", null]);
        predicted.Select(s => s.IsError).ShouldBe([false, true]);
        // The request's span lies between: it is the caller's child and the prediction's parent.
        var requests = spans.Where(s => s.Parent == Parent).ToArray();
        requests.Length.ShouldBe(2);
        predicted.Select(s => s.Parent).ShouldBe(requests.Select(s => s.Id), ignoreOrder: true);

        (await server.Client.GetAsync("/api/models")).EnsureSuccessStatusCode();
        (await server.Client.GetAsync("/api/datasets")).EnsureSuccessStatusCode();
        await Until.TrueAsync(() => Lines(server.Output).Count(l => l.Path == "/api/datasets") > 0);
        var lines = Lines(server.Output);
        lines.Length.ShouldBeGreaterThan(4);
        lines.ShouldAllBe(l => l.RequestId.Length > 0 && l.TraceId.Length == 32);
        var requestIds = lines.GroupBy(l => l.RequestId).ToArray();
        requestIds.ShouldAllBe(g => g.Select(l => l.Path).OfType<string>().Distinct().Count() <= 1);
        lines.Where(l => l.Path is "/api/models" or "/api/datasets").Select(l => l.RequestId).Distinct().Count().ShouldBe(2);
    }

    /// <summary>The lines that routing wrote; all of them are of requests.</summary>
    private static LogLine[] Lines(string output) =>
    [
        .. output.Split('\n').Where(l => l.StartsWith('{') && l.Contains("AspNetCore.Routing", StringComparison.Ordinal)).Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            var scopes = json.RootElement.GetProperty("Scopes").EnumerateArray().ToArray();
            string Of(string name) => scopes.Where(s => s.TryGetProperty(name, out _)).Select(s => s.GetProperty(name).GetString()).FirstOrDefault() ?? "";
            return new LogLine(Of("RequestId"), Of("TraceId"), json.RootElement.GetProperty("State").TryGetProperty("Path", out var path) ? path.GetString() : null);
        }),
    ];

    private sealed record LogLine(string RequestId, string TraceId, string? Path);
}
