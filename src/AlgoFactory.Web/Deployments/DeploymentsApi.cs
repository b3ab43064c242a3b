using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Deployments;

/// <summary>What a deployment shall serve.</summary>
/// <param name="Model">The model's name; null: the deployment's own name.</param>
/// <param name="Version">Its version; null: the newest.</param>
/// <param name="Reason">Why, for the history.</param>
public sealed record DeployRequest(string? Model = null, int? Version = null, string? Reason = null);

/// <summary><c>/api/deployments</c>: deploy, roll back, history, remove.</summary>
public static class DeploymentsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapDeployments(this IEndpointRouteBuilder app)
    {
        var deployments = app.MapGroup("/api/deployments").WithTags("Deployments").RequireAuthorization(Policies.ReadModels)
            .ProducesProblem(401).ProducesProblem(403);
        deployments.MapGet("/", ListAsync).WithName("listDeployments").WithSummary("All deployments, with what this node serves of them.");
        deployments.MapGet("/{name}", GetAsync).WithName("getDeployment").WithSummary("A deployment.").ProducesProblem(404);
        deployments.MapPut("/{name}", DeployAsync).WithName("deploy").WithSummary("Make a version serve, without downtime; makes the deployment if need be.")
            .RequireAuthorization(Policies.Deploy).ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        deployments.MapPost("/{name}/rollback", RollbackAsync).WithName("rollback").WithSummary("Make the version serve that served before.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404).ProducesProblem(409);
        deployments.MapGet("/{name}/history", HistoryAsync).WithName("getDeploymentHistory").WithSummary("The changes of a deployment, the newest first.").ProducesProblem(404);
        deployments.MapDelete("/{name}", DeleteAsync).WithName("deleteDeployment").WithSummary("Stop serving a deployment.")
            .RequireAuthorization(Policies.Operate).ProducesProblem(404);
    }

    private static async Task<Ok<ImmutableArray<DeploymentStatus>>> ListAsync(DeploymentService deployments, CancellationToken cancellation) =>
        TypedResults.Ok(await deployments.ListAsync(cancellation));

    private static async Task<Ok<DeploymentStatus>> GetAsync(string name, DeploymentService deployments, CancellationToken cancellation) =>
        TypedResults.Ok(await deployments.ShowAsync(name, cancellation));

    private static async Task<Ok<Deployment>> DeployAsync(
        string name, DeployRequest request, DeploymentService deployments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var deployed = await deployments.DeployAsync(name, request.Model ?? name, request.Version, KeyIdentity.Name(user), request.Reason, cancellation);
        await audit.NoteAsync(user, "deployment.deploy", name, $"{deployed.Model}/{deployed.Version}: {deployed.Reason}");
        return TypedResults.Ok(deployed);
    }

    private static async Task<Ok<Deployment>> RollbackAsync(
        string name, DeploymentService deployments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var deployed = await deployments.RollbackAsync(name, KeyIdentity.Name(user), cancellation);
        await audit.NoteAsync(user, "deployment.rollback", name, $"{deployed.Model}/{deployed.Version}");
        return TypedResults.Ok(deployed);
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
}
