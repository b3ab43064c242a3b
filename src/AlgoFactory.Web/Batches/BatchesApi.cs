using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Batches;

/// <summary><c>/api/batches</c>: have files scored, follow, fetch, cancel, resume, remove.</summary>
public static class BatchesApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapBatches(this IEndpointRouteBuilder app)
    {
        var batches = app.MapGroup("/api/batches").WithTags("Batches").RequireAuthorization(Policies.Predict).ProducesProblem(401).ProducesProblem(403);
        batches.MapGet("/", List).WithName("listBatches").WithSummary("The batches, the newest first: an application's own, everybody else's all.");
        batches.MapPost("/", StartAsync).WithName("startBatch")
            .WithSummary("Have a file scored by a deployment: the raw body with ?name=FILE (CSV, TSV, Parquet, JSON Lines, XLSX), or ?dataset=ID; ?probabilities=false, ?topK=, ?interval= and ?set= say what is written beside the predictions.")
            .Accepts<Stream>("*/*").ProducesProblem(400).ProducesProblem(404).ProducesProblem(413).ProducesProblem(507).DisableAntiforgery();
        batches.MapGet("/{id}", Get).WithName("getBatch").WithSummary("A batch.").ProducesProblem(404);
        batches.MapGet("/{id}/events", Events).WithName("followBatch").WithSummary("Server-sent events: progress, done.").ProducesProblem(404);
        batches.MapGet("/{id}/file", Download).WithName("getBatchFile").WithSummary("The scored file.")
            .Produces<Stream>(200, "application/octet-stream").ProducesProblem(404).ProducesProblem(409);
        batches.MapPost("/{id}/cancel", CancelAsync).WithName("cancelBatch").WithSummary("Ask a batch to end; what was scored is kept.").ProducesProblem(404).ProducesProblem(409);
        batches.MapPost("/{id}/resume", ResumeAsync).WithName("resumeBatch").WithSummary("Have a batch run on that ended without its scored file.").ProducesProblem(404).ProducesProblem(409);
        batches.MapDelete("/{id}", Delete).WithName("deleteBatch").WithSummary("Remove a batch with its files.").ProducesProblem(404).ProducesProblem(409);
    }

    private static Ok<ImmutableArray<BatchView>> List(BatchService batches, ClaimsPrincipal user) => TypedResults.Ok(batches.List(user).Select(BatchView.Of).ToImmutableArray());

    private static async Task<Created<BatchView>> StartAsync(
        HttpRequest request, BatchService batches, Audit audit, ClaimsPrincipal user,
        string? deployment = null, string? dataset = null, string? name = null, string? format = null,
        bool? probabilities = null, int? topK = null, double? interval = null, double? set = null, CancellationToken cancellation = default)
    {
        var started = await batches.StartAsync(
            deployment, dataset, name, format, new ScoredFileOptions { Probabilities = probabilities, TopK = topK, Interval = interval, Set = set }, request, user, cancellation);
        await audit.NoteAsync(user, "batch.start", started.Id, $"{started.Name} by {started.Model}/{started.Version}");
        return TypedResults.Created($"/api/batches/{started.Id}", BatchView.Of(started));
    }

    private static Ok<BatchView> Get(string id, BatchService batches, ClaimsPrincipal user) => TypedResults.Ok(BatchView.Of(batches.Get(id, user)));

    private static ServerSentEventsResult<BatchView> Events(
        string id, BatchService batches, BatchFeed feed, ClaimsPrincipal user, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        batches.Get(id, user);
        return TypedResults.ServerSentEvents(feed.FollowAsync(id, lifetime.ApplicationStopping, cancellation));
    }

    private static PhysicalFileHttpResult Download(string id, BatchService batches, ClaimsPrincipal user)
    {
        var (path, batch) = batches.Output(id, user);
        return TypedResults.PhysicalFile(
            path, batch.Format == "csv" ? "text/csv" : "application/octet-stream",
            $"{Path.GetFileNameWithoutExtension(batch.Name)}.predictions.{batch.Format}", enableRangeProcessing: true);
    }

    private static async Task<Accepted<BatchView>> CancelAsync(string id, BatchService batches, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var asked = await batches.CancelAsync(id, user, cancellation);
        await audit.NoteAsync(user, "batch.cancel", id);
        return TypedResults.Accepted($"/api/batches/{id}", BatchView.Of(asked));
    }

    private static async Task<Accepted<BatchView>> ResumeAsync(string id, BatchService batches, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var resumed = await batches.ResumeAsync(id, user, cancellation);
        await audit.NoteAsync(user, "batch.resume", id);
        return TypedResults.Accepted($"/api/batches/{id}", BatchView.Of(resumed));
    }

    private static async Task<NoContent> Delete(string id, BatchService batches, Audit audit, ClaimsPrincipal user)
    {
        batches.Delete(id, user);
        await audit.NoteAsync(user, "batch.delete", id);
        return TypedResults.NoContent();
    }
}
