using System.Text;
using AlgoFactory.Web.Tests.Server;

namespace AlgoFactory.Web.Tests.Errors;

/// <summary>Every error is problem details, whatever caused it.</summary>
[Collection(SharedServerTests.Name)]
public sealed class ProblemTests(SharedServer shared)
{
    [Theory]
    [InlineData("GET", "/api/nothing", null, null, 404)]
    [InlineData("GET", "/api/datasets/none", null, null, 404)]
    [InlineData("GET", "/api/models/%2e%2e", null, null, 404)]
    [InlineData("PATCH", "/api/datasets", null, null, 405)]
    [InlineData("DELETE", "/api/session/extra", null, null, 404)]
    [InlineData("POST", "/api/experiments", "text/plain", "hello", 415)]
    [InlineData("POST", "/api/experiments", "application/json", "{\"datasetId\":", 400)]
    [InlineData("POST", "/api/experiments", "application/json", "[]", 400)]
    [InlineData("POST", "/api/experiments", "application/json", "{}", 400)]
    [InlineData("POST", "/api/experiments", "application/json", "{\"datasetId\":\"x\",\"label\":\"y\",\"name\":\"z\",\"trials\":\"many\"}", 400)]
    [InlineData("POST", "/api/experiments", "application/json", "{\"datasetId\":\"x\",\"label\":\"y\",\"name\":\"z\"}", 404)]
    [InlineData("POST", "/api/experiments", "application/json", "", 400)]
    [InlineData("POST", "/api/keys", "application/json", "{\"name\":\"k\",\"role\":99}", 400)]
    [InlineData("POST", "/api/keys", "application/json", "{\"name\":null,\"role\":\"analyst\"}", 400)]
    [InlineData("POST", "/api/session", "application/json", "{\"key\":null}", 401)]
    [InlineData("PUT", "/api/deployments/none", "application/json", "{\"version\":1}", 404)]
    [InlineData("POST", "/api/models/none/predict", "application/xml", "<a/>", 415)]
    [InlineData("POST", "/api/models/none/predict", "application/json", "{\"rows\":[]}", 404)]
    [InlineData("GET", "/api/models/none/versions/99999999999", null, null, 404)]
    public async Task An_error_is_problem_details(string method, string path, string? type, string? body, int status)
    {
        var client = await shared.Server.ClientAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (type is not null)
            request.Content = new StringContent(body!, Encoding.UTF8, type);
        using var answer = await client.SendAsync(request);
        var sentence = await answer.ProblemAsync(status);
        sentence.ShouldNotContain("System.");
        sentence.ShouldNotContain("AlgoFactory.");
    }

    [Fact]
    public async Task A_store_that_fails_is_told_without_its_path_and_the_server_goes_on()
    {
        await using var server = await TestServer.StartAsync();
        var client = await server.ClientAsync();
        var (database, broken) = (Path.Combine(server.DataFolder, "algofactory.db"), Path.Combine(server.DataFolder, "broken"));
        await File.WriteAllTextAsync(broken, new string('x', 100_000));
        // In one step, as the server's own timers open the database at any moment; connections to the old file go last.
        File.Move(broken, database, overwrite: true);
        File.Delete(database + "-wal");
        File.Delete(database + "-shm");
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        using var list = await client.GetAsync("/api/datasets");
        (await list.ProblemAsync(503)).ShouldNotContain(server.DataFolder);
        using var ready = await client.GetAsync("/readyz");
        ready.StatusCode.ShouldBe(System.Net.HttpStatusCode.ServiceUnavailable);
        var said = await ready.Content.ReadAsStringAsync();
        said.ShouldContain("not usable");
        said.ShouldNotContain(server.DataFolder);
        // Longer than the node's sync, which meets the same fault.
        await Task.Delay(TimeSpan.FromSeconds(4));
        (await client.GetAsync("/livez")).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task Malformed_JSON_is_said_where()
    {
        var client = await shared.Server.ClientAsync();
        using var answer = await client.PostAsync("/api/keys", new StringContent("{\"name\": nobody}", Encoding.UTF8, "application/json"));
        (await answer.ProblemAsync(400)).ShouldContain("$.name");
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers_errors_too()
    {
        foreach (var path in (string[])["/livez", "/api/nothing", "/api/datasets", "/openapi/v1.json", "/swagger/index.html"])
        {
            using var answer = await shared.Server.Client().GetAsync(path);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            policy.ShouldContain("script-src 'self';");
            answer.Headers.GetValues("X-Content-Type-Options").Single().ShouldBe("nosniff");
            answer.Headers.GetValues("X-Frame-Options").Single().ShouldBe("DENY");
            answer.Headers.Contains("Server").ShouldBeFalse();
        }
    }
}
