using System.Collections.Immutable;
using System.Globalization;
using System.Security.Claims;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Monitoring;

/// <summary><c>/api/monitoring</c>, <c>/api/alerts</c> and <c>/api/retrainings</c>: what watching found, and what people decide.</summary>
public static class MonitoringApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapMonitoring(this IEndpointRouteBuilder app)
    {
        var monitoring = app.MapGroup("/api").WithTags("Monitoring").RequireAuthorization(Policies.ReadModels).ProducesProblem(401).ProducesProblem(403);
        monitoring.MapGet("/monitoring/{name}", GetAsync).WithName("getMonitoring").WithSummary("What is known of a deployment: drift, live metrics, alerts, retrainings, traffic.").ProducesProblem(404);
        monitoring.MapGet("/monitoring/{name}/reports", ReportsAsync).WithName("listDriftReports").WithSummary("A deployment's drift reports on windows of time or of rows, the newest first.").ProducesProblem(400).ProducesProblem(404);
        monitoring.MapPut("/monitoring/{name}/settings", SaveAsync).WithName("setMonitoring").WithSummary("Set how a deployment is watched: log, thresholds, rules, receivers, retraining.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(400).ProducesProblem(404);
        monitoring.MapPost("/monitoring/{name}/retrain", RetrainAsync).WithName("retrain").WithSummary("Train a challenger on labelled predictions or the data set of the settings.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404).ProducesProblem(409);
        monitoring.MapGet("/alerts", AlertsAsync).WithName("listAlerts").WithSummary("Alerts of all deployments or of one, the newest first.");
        monitoring.MapPost("/alerts/{id}/silence", SilenceAsync).WithName("silenceAlert").WithSummary("Tell nobody of an alert for some hours; 0: tell again.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        monitoring.MapPost("/retrainings/{id}/promote", PromoteAsync).WithName("promoteChallenger").WithSummary("Make a challenger serve that waits for it.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404).ProducesProblem(409);
        monitoring.MapPost("/retrainings/{id}/reject", RejectAsync).WithName("rejectChallenger").WithSummary("Leave the live version; the challenger stays in the registry.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<MonitoringView>> GetAsync(string name, MonitoringService service, CancellationToken cancellation) =>
        TypedResults.Ok(await service.GetAsync(name, cancellation));

    private static async Task<Ok<ImmutableArray<DriftReport>>> ReportsAsync(string name, MonitoringService service, CancellationToken cancellation, string window = "time", int count = 50) =>
        TypedResults.Ok(await service.ReportsAsync(name, window, count, cancellation));

    private static async Task<NoContent> SaveAsync(string name, MonitorSettings settings, MonitoringService service, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await service.SaveAsync(name, settings, cancellation);
        await audit.NoteAsync(user, "monitoring.set", name);
        return TypedResults.NoContent();
    }

    private static async Task<Accepted<Retraining>> RetrainAsync(string name, MonitoringService service, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var begun = await service.RetrainAsync(name, KeyIdentity.Name(user), cancellation);
        await audit.NoteAsync(user, "retraining.begin", name, begun.Id);
        return TypedResults.Accepted($"/api/monitoring/{name}", begun);
    }

    private static async Task<Ok<ImmutableArray<Alert>>> AlertsAsync(MonitoringService service, CancellationToken cancellation, string? deployment = null) =>
        TypedResults.Ok(await service.AlertsAsync(deployment, cancellation));

    private static async Task<Ok<Alert>> SilenceAsync(string id, SilenceRequest request, MonitoringService service, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var silenced = await service.SilenceAsync(id, request.Hours, KeyIdentity.Name(user), cancellation);
        await audit.NoteAsync(user, "alert.silence", silenced.Deployment, string.Create(CultureInfo.InvariantCulture, $"{silenced.Rule.Key}, {request.Hours} h"));
        return TypedResults.Ok(silenced);
    }

    // The promotion itself is audited where it is made.
    private static async Task<Ok<Retraining>> PromoteAsync(string id, MonitoringService service, ClaimsPrincipal user, CancellationToken cancellation) =>
        TypedResults.Ok(await service.DecideAsync(id, promote: true, KeyIdentity.Name(user), cancellation));

    private static async Task<Ok<Retraining>> RejectAsync(string id, MonitoringService service, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var rejected = await service.DecideAsync(id, promote: false, KeyIdentity.Name(user), cancellation);
        await audit.NoteAsync(user, "retraining.reject", rejected.Deployment, rejected.Id);
        return TypedResults.Ok(rejected);
    }
}
