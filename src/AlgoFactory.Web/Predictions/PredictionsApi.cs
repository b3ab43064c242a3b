using System.Buffers;
using System.Globalization;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// <c>/api/models/{name}/predict</c>: the route that never stops answering. The body is read into a rented buffer, bound,
/// predicted and answered on one lease, so that every part of an answer is of one version.
/// </summary>
public static class PredictionsApi
{
    private const string Json = "application/json";
    private const string Csv = "text/csv";

    /// <summary>Maps the endpoints. They check keys themselves: see <see cref="PredictionKeyCheck"/>.</summary>
    public static void MapPredictions(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/models/{name}").WithTags("Predictions").AllowAnonymous();
        Describe(models.MapPost("/predict", PredictAsync)).WithName("predict")
            .WithSummary("Predict rows with a deployment: {\"rows\":[{column: value}]} or CSV with a header line.");
        Describe(models.MapPost("/versions/{version:int}/predict", PredictVersionAsync)).WithName("predictVersion")
            .WithSummary("Predict rows with one version of a model.");
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint) => endpoint
        .Accepts<PredictionRequest>(Json, Csv).Produces<PredictionResponse>()
        .ProducesProblem(400).ProducesProblem(401).ProducesProblem(404).ProducesProblem(413).ProducesProblem(415)
        .DisableAntiforgery();

    private static async Task PredictAsync(
        string name, HttpContext context, PredictionEnginePool pool, PredictionKeyCheck check, PredictionMetrics metrics, AlgoFactoryOptions options)
    {
        if (!await check.AllowAsync(context))
            return;
        var started = TimeProvider.System.GetTimestamp();
        var body = await ReadAsync(context, options.Predictions.MaxBytes);
        try
        {
            using var lease = pool.Rent(name) ?? throw new RefusedException(404, $"There is no deployment '{name}'.");
            await AnswerAsync(context, name, lease, body, metrics, started);
        }
        finally
        {
            // After a refusal too: a body that is not given back costs the caller its connection.
            context.Request.BodyReader.AdvanceTo(body.End);
        }
    }

    private static async Task PredictVersionAsync(
        string name, int version, HttpContext context, PinnedModels pinned, PredictionKeyCheck check, PredictionMetrics metrics, AlgoFactoryOptions options)
    {
        if (!await check.AllowAsync(context))
            return;
        var started = TimeProvider.System.GetTimestamp();
        var body = await ReadAsync(context, options.Predictions.MaxBytes);
        try
        {
            using var lease = await pinned.RentAsync(name, version, context.RequestAborted);
            await AnswerAsync(context, string.Create(CultureInfo.InvariantCulture, $"{name}/{version}"), lease, body, metrics, started);
        }
        finally
        {
            context.Request.BodyReader.AdvanceTo(body.End);
        }
    }

    private static async Task AnswerAsync(
        HttpContext context, string deployment, PredictionLease lease, ReadOnlySequence<byte> body, PredictionMetrics metrics, long started)
    {
        BoundRows rows;
        try
        {
            rows = IsCsv(context.Request) ? lease.Binder.BindCsv(body) : lease.Binder.BindJson(body);
        }
        catch (RowBindingException)
        {
            metrics.Refused(deployment);
            throw;
        }

        var predictions = lease.Predictor.Predict(rows.Frame);
        context.Response.ContentType = Json;
        PredictionResponseWriter.Write(context.Response.BodyWriter, rows.RequestId ?? NewId(), lease.Version, predictions, rows.Warnings);
        metrics.Answered(deployment, rows.Frame.RowCount, TimeProvider.System.GetElapsedTime(started));
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static async ValueTask<ReadOnlySequence<byte>> ReadAsync(HttpContext context, int maxBytes)
    {
        if (!IsCsv(context.Request) && !context.Request.HasJsonContentType())
            throw new RefusedException(415, $"The content type '{context.Request.ContentType}' is not accepted here; send application/json or text/csv.");
        if (context.Request.ContentLength > maxBytes)
            throw TooLarge(maxBytes);
        RequestSize.LeaveToHandler(context);
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > maxBytes)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge(maxBytes);
            }

            if (read.IsCompleted)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static RefusedException TooLarge(int maxBytes) => RefusedException.TooLarge(
        string.Create(CultureInfo.InvariantCulture, $"The request is larger than {maxBytes:N0} bytes, the limit that this server sets (AlgoFactory:Predictions:MaxBytes); send the rows in several requests."));

    private static bool IsCsv(HttpRequest request) => request.ContentType is { } type && type.StartsWith(Csv, StringComparison.OrdinalIgnoreCase);

    private static string NewId() => Guid.CreateVersion7().ToString("N");
}

/// <summary>A prediction request, as the API's description shows it.</summary>
/// <param name="Rows">One object a row: column and value. A label or an ignored column is passed over; other unknown names are refused.</param>
/// <param name="Id">The request's id, given back in the answer; null: one is made.</param>
public sealed record PredictionRequest(IReadOnlyList<Dictionary<string, System.Text.Json.JsonElement>> Rows, string? Id = null);
