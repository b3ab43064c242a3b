using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Tests.Server;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;

namespace AlgoFactory.Web.Tests.Access;

/// <summary>Who may do what, as one table: role × endpoint.</summary>
[Collection(SharedServerTests.Name)]
public sealed class AccessMatrixTests(SharedServer shared)
{
    private const string Analysts = "Analyst Admin";
    private const string Operators = "Operator Admin";
    private const string Staff = "Analyst Operator Admin";
    private const string Everyone = "Application Analyst Operator Admin";

    public static TheoryData<string, string, string> Table => new()
    {
        { "GET", "/api/session", Everyone },
        { "GET", "/api/datasets", Analysts },
        { "POST", "/api/datasets", Analysts },
        { "GET", "/api/datasets/none", Analysts },
        { "DELETE", "/api/datasets/none", Analysts },
        { "GET", "/api/experiments", Analysts },
        { "POST", "/api/experiments", Analysts },
        { "GET", "/api/experiments/none", Analysts },
        { "GET", "/api/experiments/none/leaderboard", Analysts },
        { "GET", "/api/experiments/none/events", Analysts },
        { "POST", "/api/experiments/none/cancel", Analysts },
        { "POST", "/api/experiments/none/pause", Analysts },
        { "POST", "/api/experiments/none/resume", Analysts },
        { "DELETE", "/api/experiments/none", Analysts },
        { "GET", "/api/models", Staff },
        { "GET", "/api/models/none", Staff },
        { "GET", "/api/models/none/versions/1", Staff },
        { "GET", "/api/models/none/versions/1/file", Staff },
        { "GET", "/api/models/none/versions/1/trees/0", Staff },
        { "GET", "/api/models/none/versions/1/card", Staff },
        { "POST", "/api/models/none/versions/1/counterfactuals", Staff },
        { "GET", "/api/models/none/versions/1/report", Analysts },
        { "POST", "/api/models/none/versions", Staff },
        { "DELETE", "/api/models/none/versions/1", Staff },
        { "GET", "/api/deployments", Staff },
        { "GET", "/api/deployments/none", Staff },
        { "GET", "/api/deployments/none/history", Staff },
        { "PUT", "/api/deployments/none", Staff },
        { "PUT", "/api/deployments/none/plan", Operators },
        { "POST", "/api/deployments/none/promote", Operators },
        { "POST", "/api/deployments/none/rollback", Operators },
        { "DELETE", "/api/deployments/none", Operators },
        { "GET", "/api/monitoring/none", Staff },
        { "GET", "/api/monitoring/none/reports", Staff },
        { "PUT", "/api/monitoring/none/settings", Operators },
        { "POST", "/api/monitoring/none/retrain", Operators },
        { "GET", "/api/alerts", Staff },
        { "POST", "/api/alerts/none/silence", Operators },
        { "POST", "/api/retrainings/none/promote", Operators },
        { "POST", "/api/retrainings/none/reject", Operators },
        { "POST", "/api/feedback", Everyone },
        { "GET", "/api/keys", "Admin" },
        { "POST", "/api/keys", "Admin" },
        { "DELETE", "/api/keys/none", "Admin" },
        { "POST", "/api/models/none/predict", Everyone },
        { "POST", "/api/models/none/versions/1/predict", Everyone },
        { "POST", "/api/models/none/recommend", Everyone },
        { "POST", "/api/models/none/versions/1/recommend", Everyone },
        { "POST", "/api/models/none/similar", Everyone },
        { "POST", "/api/models/none/versions/1/similar", Everyone },
        { "GET", "/api/models/none/recommendations", Everyone },
        { "GET", "/api/models/none/versions/1/recommendations", Everyone },
        { "GET", "/api/batches", Everyone },
        { "POST", "/api/batches", Everyone },
        { "GET", "/api/batches/none", Everyone },
        { "GET", "/api/batches/none/events", Everyone },
        { "GET", "/api/batches/none/file", Everyone },
        { "POST", "/api/batches/none/cancel", Everyone },
        { "POST", "/api/batches/none/resume", Everyone },
        { "DELETE", "/api/batches/none", Everyone },
        { "GET", "/v2/models/none", Everyone },
        { "GET", "/v2/models/none/ready", Everyone },
        { "POST", "/v2/models/none/infer", Everyone },
        { "GET", "/v2/models/none/versions/1", Everyone },
        { "GET", "/v2/models/none/versions/1/ready", Everyone },
        { "POST", "/v2/models/none/versions/1/infer", Everyone },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_role_may_do_what_the_table_says(string method, string path, string roles)
    {
        foreach (var role in Enum.GetValues<KeyRole>())
        {
            var status = await SendAsync(await shared.Server.ClientAsync(role), method, path);
            if (roles.Split(' ').Contains(role.ToString()))
                status.ShouldNotBeOneOf(401, 403);
            else
                status.ShouldBe(403, $"{role} {method} {path}");
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Nobody_may_do_anything_without_a_key(string method, string path, string roles)
    {
        (await SendAsync(shared.Server.Client(), method, path)).ShouldBe(401, roles);
        var stranger = shared.Server.Client();
        stranger.DefaultRequestHeaders.Add("X-Api-Key", "afk_" + new string('A', 43));
        (await SendAsync(stranger, method, path)).ShouldBe(401);
    }

    [Fact]
    public void Every_endpoint_of_the_API_is_in_the_table_or_open_on_purpose()
    {
        string[] open = ["/api/session/", "/livez", "/readyz", "/metrics", "/openapi/{documentName}.json", "/v2/", "/v2/health/live", "/v2/health/ready"];
        var table = Table.Select(row => ((string)row[0], Pattern((string)row[1]))).ToHashSet();
        foreach (var endpoint in shared.Server.Get<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>())
        {
            var route = "/" + endpoint.RoutePattern.RawText!.TrimStart('/');
            var isApi = route.StartsWith("/api", StringComparison.Ordinal) || route.StartsWith("/v2", StringComparison.Ordinal);
            if (!isApi || open.Contains(route))
                continue;
            foreach (var method in endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                table.ShouldContain((method, Pattern(route)), $"{method} {route}");
            // What predicts checks keys itself.
            if (!(route.Split('/')[^1] is "predict" or "recommend" or "similar" or "recommendations" || route.StartsWith("/v2", StringComparison.Ordinal)))
                endpoint.Metadata.GetMetadata<IAuthorizeData>().ShouldNotBeNull(route);
        }
    }

    // Parameters and the names that stand for them in the table become the same.
    private static string Pattern(string route) => string.Join('/', route.TrimEnd('/').Split('/')
        .Select(part => part.StartsWith('{') || part is "none" or "0" or "1" ? "*" : part));

    private static async Task<int> SendAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (method is "POST" or "PUT")
            request.Content = new StringContent("{}", System.Text.Encoding.UTF8, "application/json");
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
