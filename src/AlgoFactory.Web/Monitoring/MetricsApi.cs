using System.Net;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Monitoring;

/// <summary><c>/metrics</c>: open to the machine itself, with an administrator's or operator's key elsewhere.</summary>
public static class MetricsApi
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder app)
    {
        // Now, not with the first question: what is counted before an exporter listens is lost.
        app.ServiceProvider.GetRequiredService<PrometheusExporter>();
        app.ServiceProvider.GetRequiredService<PredictionLogMetrics>();
        app.ServiceProvider.GetRequiredService<PoolMetrics>();
        app.ServiceProvider.GetRequiredService<DiskMetrics>();
        app.ServiceProvider.GetRequiredService<MemoryMetrics>();
        app.MapGet("/metrics", Get).WithTags("Health").WithName("metrics")
            .WithSummary("Prometheus text; open on loopback, with a key elsewhere.").Produces<string>(200, "text/plain").ProducesProblem(401).AllowAnonymous();
    }

    private static Results<ContentHttpResult, ProblemHttpResult> Get(HttpContext context, PrometheusExporter exporter, KeyService keys)
    {
        if (!IsLocal(context) && keys.Verify(RequestKey.Secret(context.Request)) is not { Role: KeyRole.Admin or KeyRole.Operator })
            return TypedResults.Problem("Metrics need an operator's or administrator's key from another machine.", statusCode: 401);
        return TypedResults.Text(exporter.Write(), "text/plain; version=0.0.4; charset=utf-8");
    }

    // What a proxy on this machine passes on comes from elsewhere.
    private static bool IsLocal(HttpContext context) =>
        (context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address))
        && !context.Request.Headers.ContainsKey("X-Forwarded-For") && !context.Request.Headers.ContainsKey("Forwarded");
}
