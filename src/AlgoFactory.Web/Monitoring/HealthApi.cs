using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Storage;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Whether the server can do its work.</summary>
/// <param name="Status"><c>ready</c> or <c>not ready</c>.</param>
/// <param name="Checks">What was looked at: <c>ok</c>, or what is wrong.</param>
public sealed record ReadinessView(string Status, IReadOnlyDictionary<string, string> Checks);

/// <summary><c>/livez</c> (the process answers) and <c>/readyz</c> (it can do its work).</summary>
public static class HealthApi
{
    /// <summary>Maps the endpoints; anyone may ask.</summary>
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/livez", () => TypedResults.Text("alive")).WithTags("Health").WithName("live").WithSummary("Whether the process answers.").AllowAnonymous();
        app.MapGet("/readyz", ReadyAsync).WithTags("Health").WithName("ready").WithSummary("Whether the server can do its work.").AllowAnonymous();
    }

    private static async Task<Results<Ok<ReadinessView>, JsonHttpResult<ReadinessView>>> ReadyAsync(
        MetadataDatabase database, NodeSync sync, WorkerSupervisor worker, PredictionLogService log, PredictionLog rows, AlgoFactoryOptions options, ILogger<ReadinessView> logger, CancellationToken cancellation)
    {
        var checks = new Dictionary<string, string>
        {
            ["database"] = await CheckAsync(database, logger, cancellation),
            ["deployments"] = sync.HasLoadedDeployments ? "ok" : "loading",
        };
        var isReady = checks.Values.All(c => c == "ok");
        // A server without its worker, or without room for its log, still answers predictions: said, but no reason to be taken out of service.
        checks["worker"] = !options.Worker.Enabled ? "not started by this server" : worker.WorkerId is null ? "starting" : "ok";
        checks["predictionLog"] = !options.PredictionLog.Enabled ? "switched off" : log.Fault is { } fault ? $"{fault}; {rows.Dropped} rows dropped since the start" : "ok";
        var view = new ReadinessView(isReady ? "ready" : "not ready", checks);
        return isReady ? TypedResults.Ok(view) : TypedResults.Json(view, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<string> CheckAsync(MetadataDatabase database, ILogger log, CancellationToken cancellation)
    {
        try
        {
            await database.CheckAsync(cancellation);
            return "ok";
        }
        catch (StorageException e)
        {
            // Anyone may ask, so the sentence that names the file or host goes to the log only.
            log.LogError(e, "The metadata database is not usable");
            return e.IsDiskFull ? "its disk is full" : "not usable; the server's log tells more";
        }
    }
}
