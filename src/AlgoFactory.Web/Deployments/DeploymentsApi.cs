using System.Collections.Immutable;
using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Deployments;

/// <summary>What a deployment shall serve.</summary>
/// <param name="Model">The model's name; null: the deployment's own name.</param>
/// <param name="Version">Its version; null: the newest.</param>
/// <param name="Reason">Why, for the history.</param>
public sealed record DeployRequest(string? Model = null, int? Version = null, string? Reason = null);

/// <summary>A plan for a deployment.</summary>
/// <param name="Kind"><c>single</c>, <c>canary</c>, <c>ab</c>, <c>shadow</c> or <c>fallback</c>.</param>
/// <param name="Arms">The versions; the first one is what answers, stays, or is tried first.</param>
/// <param name="TimeoutMs">Fallback: how long each version may take, in milliseconds; null: as long as the request may.</param>
/// <param name="Constant">Fallback: the class (a text) or the number that is answered when no version is.</param>
/// <param name="Pinned">Whether the versions stay in memory when others need room.</param>
/// <param name="Guard">Single, canary, A/B: when to go back by itself.</param>
/// <param name="Rollout">Canary: the steps by which the second version takes over.</param>
/// <param name="Reason">Why, for the history.</param>
public sealed record ChangePlanRequest(
    PlanKind Kind, IReadOnlyList<ArmRequest> Arms, int? TimeoutMs = null, JsonElement? Constant = null, bool Pinned = false,
    PlanGuard? Guard = null, RolloutRequest? Rollout = null, string? Reason = null);

/// <summary>A challenger to be promoted.</summary>
/// <param name="Arm">The arm that becomes the only version; null: the second one.</param>
/// <param name="At">When (a canary only); null: now.</param>
/// <param name="Reason">Why, for the history.</param>
public sealed record PromoteRequest(string? Arm = null, DateTimeOffset? At = null, string? Reason = null);

/// <summary>Why a deployment is rolled back.</summary>
/// <param name="Reason">Why, for the history.</param>
public sealed record RollbackRequest(string? Reason = null);

/// <summary><c>/api/deployments</c>: deploy, plans, promote, roll back, history, remove.</summary>
public static class DeploymentsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapDeployments(this IEndpointRouteBuilder app)
    {
        var deployments = app.MapGroup("/api/deployments").WithTags("Deployments").RequireAuthorization(Policies.ReadModels)
            .ProducesProblem(401).ProducesProblem(403);
        deployments.MapGet("/", ListAsync).WithName("listDeployments").WithSummary("All deployments, with what each node serves of them.");
        deployments.MapGet("/{name}", GetAsync).WithName("getDeployment").WithSummary("A deployment, with what each node serves of it. Its revision is the ETag.").ProducesProblem(404);
        deployments.MapPut("/{name}", DeployAsync).WithName("deploy").WithSummary("Make a version serve, without downtime; makes the deployment if need be.")
            .RequireAuthorization(Policies.Deploy).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412);
        deployments.MapPut("/{name}/plan", PlanAsync).WithName("planDeployment")
            .WithSummary("Change where requests go: one version, a canary, arms to compare, shadows or fallbacks; makes the deployment if need be. With If-Match only from that revision.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412);
        deployments.MapPost("/{name}/promote", PromoteAsync).WithName("promote").WithSummary("Make a challenger the only version: now, or at a time.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412);
        deployments.MapPost("/{name}/rollback", RollbackAsync).WithName("rollback").WithSummary("Go back to the plan before the present one.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404).ProducesProblem(409).ProducesProblem(412);
        deployments.MapGet("/{name}/history", HistoryAsync).WithName("getDeploymentHistory").WithSummary("The changes of a deployment, the newest first.").ProducesProblem(404);
        deployments.MapDelete("/{name}", DeleteAsync).WithName("deleteDeployment").WithSummary("Stop serving a deployment.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404);
    }

    private static async Task<Ok<ImmutableArray<DeploymentStatus>>> ListAsync(DeploymentService deployments, CancellationToken cancellation) =>
        TypedResults.Ok(await deployments.ListAsync(cancellation));

    private static async Task<Ok<DeploymentStatus>> GetAsync(string name, HttpContext context, DeploymentService deployments, CancellationToken cancellation)
    {
        var status = await deployments.ShowAsync(name, cancellation);
        Tag(context, status.Deployment.Revision);
        return TypedResults.Ok(status);
    }

    private static async Task<Ok<ChangedDeployment>> DeployAsync(
        string name, DeployRequest request, HttpContext context, DeploymentService deployments, DeploymentChanges changes, ClaimsPrincipal user,
        CancellationToken cancellation)
    {
        var expected = Expected(context.Request);
        return Answer(context, await changes.MakeAsync(
            user, "deployment.deploy", name,
            by => deployments.DeployAsync(name, request.Model ?? name, request.Version, by, request.Reason, expected, cancellation), cancellation));
    }

    private static async Task<Ok<ChangedDeployment>> PlanAsync(
        string name, ChangePlanRequest request, HttpContext context, DeploymentService deployments, DeploymentChanges changes, ClaimsPrincipal user,
        CancellationToken cancellation)
    {
        var expected = Expected(context.Request);
        var plan = new PlanRequest(request.Kind, request.Arms ?? [])
        {
            TimeoutMs = request.TimeoutMs,
            Constant = Text(request.Constant),
            Pinned = request.Pinned,
            Guard = request.Guard,
            Rollout = request.Rollout,
        };
        return Answer(context, await changes.MakeAsync(
            user, "deployment.plan", name, by => deployments.PlanAsync(name, plan, by, request.Reason, expected, cancellation), cancellation));
    }

    private static async Task<Ok<ChangedDeployment>> PromoteAsync(
        string name, HttpContext context, DeploymentService deployments, DeploymentChanges changes, ClaimsPrincipal user,
        CancellationToken cancellation, PromoteRequest? request = null)
    {
        var expected = Expected(context.Request);
        return Answer(context, await changes.MakeAsync(
            user, "deployment.promote", name,
            by => deployments.PromoteAsync(name, request?.Arm, request?.At, by, request?.Reason, expected, cancellation), cancellation));
    }

    private static async Task<Ok<ChangedDeployment>> RollbackAsync(
        string name, HttpContext context, DeploymentService deployments, DeploymentChanges changes, ClaimsPrincipal user,
        CancellationToken cancellation, RollbackRequest? request = null)
    {
        var expected = Expected(context.Request);
        return Answer(context, await changes.MakeAsync(
            user, "deployment.rollback", name, by => deployments.RollbackAsync(name, by, request?.Reason, expected, cancellation), cancellation));
    }

    private static async Task<Ok<ImmutableArray<Deployment>>> HistoryAsync(string name, DeploymentService deployments, CancellationToken cancellation) =>
        TypedResults.Ok(await deployments.HistoryAsync(name, cancellation));

    private static async Task<NoContent> DeleteAsync(
        string name, DeploymentService deployments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await deployments.DeleteAsync(name, cancellation);
        await audit.NoteAsync(user, "deployment.delete", name);
        return TypedResults.NoContent();
    }

    private static Ok<ChangedDeployment> Answer(HttpContext context, ChangedDeployment changed)
    {
        Tag(context, changed.Revision);
        return TypedResults.Ok(changed);
    }

    private static void Tag(HttpContext context, int revision) =>
        context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <summary>The revision in <c>If-Match</c>, or 0 for <c>If-None-Match: *</c> (there must be none yet); null: neither is given.</summary>
    private static int? Expected(HttpRequest request)
    {
        if (request.Headers.IfNoneMatch is [{ } none])
            return none == "*" ? 0 : throw RefusedException.Invalid("A change takes 'If-None-Match: *' only, for a deployment that is not there yet.");
        if (request.Headers.IfMatch is not [{ } match])
            return null;
        return match.Length > 2 && match[0] == '"' && int.TryParse(match.AsSpan(1, match.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            ? revision
            : throw RefusedException.Invalid($"'If-Match' must be a deployment's revision in quotes, such as \"7\", not {match}.");
    }

    private static string? Text(JsonElement? constant) => constant switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => throw RefusedException.Invalid("'constant' must be a class (a text) or a number."),
    };
}
