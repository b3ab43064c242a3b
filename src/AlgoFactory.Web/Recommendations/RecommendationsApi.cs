using AlgoFactory.Hosting.Recommendation;

namespace AlgoFactory.Web.Recommendations;

/// <summary><c>/api/models/{name}/recommend</c> and <c>/similar</c>, and the best items of all users as a file.</summary>
public static class RecommendationsApi
{
    /// <summary>Maps the endpoints. They check keys themselves: see <see cref="RecommendationRoute"/>.</summary>
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
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(413).ProducesProblem(415).ProducesProblem(429).ProducesProblem(503)
        .DisableAntiforgery();

    private static RouteHandlerBuilder DescribeFile(RouteHandlerBuilder endpoint) => endpoint
        .Produces<Stream>(200, "text/csv").ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(429).ProducesProblem(503);

    private static Task RecommendAsync(string name, HttpContext context, RecommendationRoute route) => Recommend(name, null, context, route);

    private static Task RecommendVersionAsync(string name, int version, HttpContext context, RecommendationRoute route) => Recommend(name, version, context, route);

    private static Task SimilarAsync(string name, HttpContext context, RecommendationRoute route) => Similar(name, null, context, route);

    private static Task SimilarVersionAsync(string name, int version, HttpContext context, RecommendationRoute route) => Similar(name, version, context, route);

    private static Task FileAsync(string name, HttpContext context, RecommendationRoute route, int n = 10, bool excludeSeen = true) =>
        route.SendFileAsync(context, name, null, new RecommendLists(n, excludeSeen));

    private static Task FileVersionAsync(string name, int version, HttpContext context, RecommendationRoute route, int n = 10, bool excludeSeen = true) =>
        route.SendFileAsync(context, name, version, new RecommendLists(n, excludeSeen));

    private static Task Recommend(string name, int? version, HttpContext context, RecommendationRoute route) =>
        route.ServeAsync<RecommendRequest>(context, name, version, (lease, request, most) => RecommendationAnswers.Recommend(lease, request, most, context.RequestAborted));

    private static Task Similar(string name, int? version, HttpContext context, RecommendationRoute route) =>
        route.ServeAsync<SimilarRequest>(context, name, version, (lease, request, most) => RecommendationAnswers.Similar(lease, request, most, context.RequestAborted));
}
