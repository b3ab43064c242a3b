using System.Text.Json;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Predictions;

/// <summary><c>/api/models/{name}/predict</c>: the route that never stops answering. See <see cref="PredictionRoute"/>.</summary>
public static class PredictionsApi
{
    /// <summary>Maps the endpoints. They check keys themselves: see <see cref="PredictionKeyCheck"/>.</summary>
    public static void MapPredictions(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/models/{name}").WithTags("Predictions").AllowAnonymous();
        Describe(models.MapPost("/predict", PredictAsync)).WithName("predict")
            .WithSummary("Predict rows with a deployment: {\"rows\":[{column: value}]}, {\"columns\":{column: [values]}}, CSV with a header line, or a form with a part a value (image files).");
        Describe(models.MapPost("/versions/{version:int}/predict", PredictVersionAsync)).WithName("predictVersion")
            .WithSummary("Predict rows with one version of a model.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint) => endpoint
        .Accepts<PredictionRequest>(PlainProtocol.Json, PlainProtocol.Csv, PlainProtocol.Form).Produces<PredictionResponse>()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(408).ProducesProblem(413).ProducesProblem(415)
        .ProducesProblem(429).ProducesProblem(503).ProducesProblem(504)
        .DisableAntiforgery();

    private static Task PredictAsync(string name, HttpContext context, PredictionRoute route) =>
        route.ServeAsync(context, name, null, PlainProtocol.Instance);

    private static Task PredictVersionAsync(string name, int version, HttpContext context, PredictionRoute route) =>
        route.ServeAsync(context, name, version, PlainProtocol.Instance);
}

/// <summary>A prediction request, as the API's description shows it. A CSV body's options stand in the address: <c>?topK=3</c>.</summary>
/// <param name="Rows">One object a row: column and value. A label or an ignored column is passed over; other unknown names are refused.</param>
/// <param name="Columns">Instead of rows: one array a column, all of one length.</param>
/// <param name="Id">The request's id, given back in the answer; null: one is made.</param>
/// <param name="Probabilities">Whether the probability of each class is wanted; null: yes, unless <c>topK</c> is.</param>
/// <param name="TopK">The number of most probable classes that are wanted, the most probable first.</param>
/// <param name="Explain">Whether each column's contribution to the raw score is wanted (models that can be explained).</param>
/// <param name="Interval">Regression: the share of rows whose true value their interval shall hold, from 0.5 to 0.999, such as 0.9; null: no intervals.</param>
/// <param name="Set">Classification: the share of rows whose class their set of classes shall hold, in the same way; null: no sets.</param>
/// <param name="DryRun">Whether the rows are only checked; nothing is predicted.</param>
public sealed record PredictionRequest(
    IReadOnlyList<Dictionary<string, JsonElement>>? Rows = null,
    Dictionary<string, IReadOnlyList<JsonElement>>? Columns = null,
    string? Id = null,
    bool? Probabilities = null,
    int? TopK = null,
    bool Explain = false,
    double? Interval = null,
    double? Set = null,
    bool DryRun = false);
