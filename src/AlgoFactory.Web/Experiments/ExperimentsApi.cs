using System.Collections.Immutable;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Experiments;

/// <summary><c>/api/experiments</c>: start, follow, pause, cancel, resume, remove.</summary>
public static class ExperimentsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapExperiments(this IEndpointRouteBuilder app)
    {
        var experiments = app.MapGroup("/api/experiments").WithTags("Experiments").RequireAuthorization(Policies.Data)
            .ProducesProblem(401).ProducesProblem(403);
        experiments.MapGet("/", ListAsync).WithName("listExperiments").WithSummary("All experiments, the newest first.");
        experiments.MapPost("/", StartAsync).WithName("startExperiment").WithSummary("Start an experiment on a data set.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        experiments.MapGet("/{id}", GetAsync).WithName("getExperiment").WithSummary("An experiment.").ProducesProblem(404);
        experiments.MapGet("/{id}/leaderboard", LeaderboardAsync).WithName("getLeaderboard").WithSummary("An experiment with its trials, ranked as of now.").ProducesProblem(404);
        experiments.MapGet("/{id}/events", EventsAsync).WithName("followExperiment")
            .WithSummary("Server-sent events: trial, best, state, done; Last-Event-ID resumes.").ProducesProblem(404);
        experiments.MapPost("/{id}/cancel", CancelAsync).WithName("cancelExperiment").WithSummary("Ask an experiment to end.").ProducesProblem(404).ProducesProblem(409);
        experiments.MapPost("/{id}/pause", PauseAsync).WithName("pauseExperiment").WithSummary("Ask an experiment to stop until it is resumed.").ProducesProblem(404).ProducesProblem(409);
        experiments.MapPost("/{id}/resume", ResumeAsync).WithName("resumeExperiment")
            .WithSummary("Go on with an experiment that was paused, interrupted, cancelled or failed, or, with a larger budget, one that has a model; finished trials are kept.")
            .ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        experiments.MapDelete("/{id}", DeleteAsync).WithName("deleteExperiment").WithSummary("Remove an experiment with its trials.").ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<ImmutableArray<ExperimentView>>> ListAsync(ExperimentService experiments, CancellationToken cancellation) =>
        TypedResults.Ok(await experiments.ListAsync(cancellation));

    private static async Task<Created<ExperimentView>> StartAsync(ExperimentRequest request, ExperimentService experiments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var started = await experiments.StartAsync(request, cancellation);
        await audit.NoteAsync(user, "experiment.start", started.Id, started.Name);
        return TypedResults.Created($"/api/experiments/{started.Id}", started);
    }

    private static async Task<Ok<ExperimentView>> GetAsync(string id, ExperimentService experiments, CancellationToken cancellation) =>
        TypedResults.Ok(await experiments.GetAsync(id, cancellation));

    private static async Task<Ok<LeaderboardView>> LeaderboardAsync(string id, ExperimentService experiments, CancellationToken cancellation) =>
        TypedResults.Ok(await experiments.LeaderboardAsync(id, cancellation));

    private static async Task<ServerSentEventsResult<object>> EventsAsync(
        string id, HttpRequest request, ExperimentService experiments, ExperimentFeed feed, IHostApplicationLifetime lifetime, CancellationToken cancellation)
    {
        await experiments.GetAsync(id, cancellation);
        var after = int.TryParse(request.Headers["Last-Event-ID"], NumberStyles.None, CultureInfo.InvariantCulture, out var last) ? last : 0;
        return TypedResults.ServerSentEvents(Follow(feed, id, after, lifetime.ApplicationStopping, cancellation));
    }

    private static async Task<Accepted<ExperimentView>> CancelAsync(string id, ExperimentService experiments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var asked = await experiments.CancelAsync(id, cancellation);
        await audit.NoteAsync(user, "experiment.cancel", id);
        return TypedResults.Accepted($"/api/experiments/{id}", asked);
    }

    private static async Task<Accepted<ExperimentView>> PauseAsync(string id, ExperimentService experiments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var asked = await experiments.PauseAsync(id, cancellation);
        await audit.NoteAsync(user, "experiment.pause", id);
        return TypedResults.Accepted($"/api/experiments/{id}", asked);
    }

    private static async Task<Accepted<ExperimentView>> ResumeAsync(
        string id, ResumeRequest? wanted, ExperimentService experiments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var resumed = await experiments.ResumeAsync(id, wanted, cancellation);
        await audit.NoteAsync(user, "experiment.resume", id);
        return TypedResults.Accepted($"/api/experiments/{id}", resumed);
    }

    private static async Task<NoContent> DeleteAsync(string id, ExperimentService experiments, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await experiments.DeleteAsync(id, cancellation);
        await audit.NoteAsync(user, "experiment.delete", id);
        return TypedResults.NoContent();
    }

    // A server that stops ends its feeds, so that open pages do not hold it back; they reconnect by themselves.
    private static async IAsyncEnumerable<SseItem<object>> Follow(
        ExperimentFeed feed, string id, int after, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellation);
        await using var events = feed.FollowAsync(id, after, either.Token).GetAsyncEnumerator(either.Token);
        while (await MoveNextAsync(events, stopping))
            yield return new SseItem<object>(events.Current.Data, events.Current.Type) { EventId = events.Current.Id };
    }

    private static async Task<bool> MoveNextAsync(IAsyncEnumerator<FeedEvent> events, CancellationToken stopping)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
    }
}
