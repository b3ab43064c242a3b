using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Recommendation;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Predictions;
using Microsoft.AspNetCore.Http.Features;

namespace AlgoFactory.Web.Recommendations;

/// <summary>
/// <c>/api/models/{name}/recommend</c> and <c>/similar</c>, and the best items of all users as a file. As with predictions,
/// an answer is of one version, whatever is swapped meanwhile.
/// </summary>
public static class RecommendationsApi
{
    /// <summary>Maps the endpoints. They check keys themselves: see <see cref="PredictionKeyCheck"/>.</summary>
    public static void MapRecommendations(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/models/{name}").WithTags("Recommendations").AllowAnonymous();
        Describe<RecommendRequest, RecommendResponse>(models.MapPost("/recommend", RecommendAsync)).WithName("recommend")
            .WithSummary("Recommend items to users with a deployment; unknown users are given what is popular.");
        Describe<RecommendRequest, RecommendResponse>(models.MapPost("/versions/{version:int}/recommend", RecommendVersionAsync)).WithName("recommendVersion")
            .WithSummary("Recommend items to users with one version of a model.");
        Describe<SimilarRequest, SimilarResponse>(models.MapPost("/similar", SimilarAsync)).WithName("similar")
            .WithSummary("Find the items that are most alike to some, with a deployment.");
        Describe<SimilarRequest, SimilarResponse>(models.MapPost("/versions/{version:int}/similar", SimilarVersionAsync)).WithName("similarVersion")
            .WithSummary("Find the items that are most alike to some, with one version of a model.");
        DescribeFile(models.MapGet("/recommendations", FileAsync)).WithName("recommendAll")
            .WithSummary("The best n items of every user that a deployment knows, as a CSV file.");
        DescribeFile(models.MapGet("/versions/{version:int}/recommendations", FileVersionAsync)).WithName("recommendAllVersion")
            .WithSummary("The best n items of every user that one version of a model knows, as a CSV file.");
    }

    private static RouteHandlerBuilder Describe<TRequest, TResponse>(RouteHandlerBuilder endpoint) where TRequest : notnull => endpoint
        .Accepts<TRequest>("application/json").Produces<TResponse>()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(413).ProducesProblem(415).DisableAntiforgery();

    private static RouteHandlerBuilder DescribeFile(RouteHandlerBuilder endpoint) => endpoint
        .Produces<Stream>(200, "text/csv").ProducesProblem(400).ProducesProblem(401).ProducesProblem(404);

    private static Task RecommendAsync(
        string name, HttpContext context, PredictionEnginePool pool, PredictionKeyCheck check, AlgoFactoryOptions options) =>
        AnswerAsync<RecommendRequest>(context, check, options, () => ValueTask.FromResult(Deployed(pool, name)), (lease, request) =>
            RecommendationAnswers.Recommend(lease, request, options.Predictions.MaxRows, context.RequestAborted));

    private static Task RecommendVersionAsync(
        string name, int version, HttpContext context, PinnedModels pinned, PredictionKeyCheck check, AlgoFactoryOptions options) =>
        AnswerAsync<RecommendRequest>(context, check, options, () => pinned.RentAsync(name, version, context.RequestAborted), (lease, request) =>
            RecommendationAnswers.Recommend(lease, request, options.Predictions.MaxRows, context.RequestAborted));

    private static Task SimilarAsync(
        string name, HttpContext context, PredictionEnginePool pool, PredictionKeyCheck check, AlgoFactoryOptions options) =>
        AnswerAsync<SimilarRequest>(context, check, options, () => ValueTask.FromResult(Deployed(pool, name)), (lease, request) =>
            RecommendationAnswers.Similar(lease, request, options.Predictions.MaxRows, context.RequestAborted));

    private static Task SimilarVersionAsync(
        string name, int version, HttpContext context, PinnedModels pinned, PredictionKeyCheck check, AlgoFactoryOptions options) =>
        AnswerAsync<SimilarRequest>(context, check, options, () => pinned.RentAsync(name, version, context.RequestAborted), (lease, request) =>
            RecommendationAnswers.Similar(lease, request, options.Predictions.MaxRows, context.RequestAborted));

    private static Task FileAsync(
        string name, HttpContext context, PredictionEnginePool pool, PredictionKeyCheck check, DataFolders folders, int n = 10, bool excludeSeen = true) =>
        SendFileAsync(context, check, () => ValueTask.FromResult(Deployed(pool, name)), folders, n, excludeSeen);

    private static Task FileVersionAsync(
        string name, int version, HttpContext context, PinnedModels pinned, PredictionKeyCheck check, DataFolders folders, int n = 10, bool excludeSeen = true) =>
        SendFileAsync(context, check, () => pinned.RentAsync(name, version, context.RequestAborted), folders, n, excludeSeen);

    private static PredictionLease Deployed(PredictionEnginePool pool, string name) =>
        pool.Rent(name) ?? throw new RefusedException(StatusCodes.Status404NotFound, $"There is no deployment '{name}'.");

    private static async Task AnswerAsync<TRequest>(
        HttpContext context, PredictionKeyCheck check, AlgoFactoryOptions options, Func<ValueTask<PredictionLease>> rent, Func<PredictionLease, TRequest, object> answer)
    {
        if (await check.FindCallerAsync(context) is null)
            return;
        if (!context.Request.HasJsonContentType())
            throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, $"The content type '{context.Request.ContentType}' is not accepted here; send application/json.");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = options.Predictions.MaxBytes;
        var request = await context.Request.ReadFromJsonAsync<TRequest>(context.RequestAborted)
            ?? throw RefusedException.Invalid("The body is null; send an object.");
        using var lease = await rent();
        await context.Response.WriteAsJsonAsync(answer(lease, request), context.RequestAborted);
    }

    /// <summary>The file is made whole before the answer begins: a fault on the way is a problem, and no file that ends early.</summary>
    private static async Task SendFileAsync(
        HttpContext context, PredictionKeyCheck check, Func<ValueTask<PredictionLease>> rent, DataFolders folders, int n, bool excludeSeen)
    {
        if (await check.FindCallerAsync(context) is null)
            return;
        var path = Path.Combine(folders.Incoming, $"{Guid.NewGuid():N}.csv.part");
        try
        {
            string model;
            using (var lease = await rent())
            {
                model = lease.Version.Name;
                var recommender = RecommendationAnswers.RecommenderOf(lease);
                await Task.Run(() => RecommendFile.RunAll(recommender, new RecommendLists(n, excludeSeen), path, context.RequestAborted), context.RequestAborted);
            }

            context.Response.ContentType = "text/csv; charset=utf-8";
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{model}.recommendations.csv\"";
            await context.Response.SendFileAsync(path, context.RequestAborted);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
