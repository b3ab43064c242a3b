using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Recommendation;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Predictions;
using Microsoft.AspNetCore.Http.Features;

namespace AlgoFactory.Web.Recommendations;

/// <summary>Serves a request for recommendations: key, admission, body, then answered on one lease, so that every part of an answer is of one version.</summary>
public sealed class RecommendationRoute(
    PredictionEnginePool pool,
    PinnedModels pinned,
    PredictionKeyCheck check,
    AdmissionControl admission,
    PredictionRoute predictions,
    AlgoFactoryOptions options,
    DataFolders folders)
{
    /// <summary>Answers a JSON request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The deployment; with a version, the model.</param>
    /// <param name="version">The version that is pinned, or null.</param>
    /// <param name="answer">Makes the answer; it is told how many names a request may hold.</param>
    /// <exception cref="RefusedException">The request is refused; the message says why.</exception>
    public Task ServeAsync<TRequest>(HttpContext context, string name, int? version, Func<PredictionLease, TRequest, int, object> answer) =>
        AdmitAsync(context, async () =>
        {
            if (!context.Request.HasJsonContentType())
                throw new RefusedException(StatusCodes.Status415UnsupportedMediaType, $"The content type '{context.Request.ContentType}' is not accepted here; send application/json.");
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
                size.MaxRequestBodySize = options.Predictions.MaxBytes;
            var request = await context.Request.ReadFromJsonAsync<TRequest>(context.RequestAborted)
                ?? throw RefusedException.Invalid("The body is null; send an object.");
            using var lease = await RentAsync(context, name, version);
            await context.Response.WriteAsJsonAsync(answer(lease, request, options.Predictions.MaxRows), context.RequestAborted);
        });

    /// <summary>
    /// Sends all users' best items as a file. It is made whole before the answer begins: a fault on the way is a problem, and
    /// no file that ends early.
    /// </summary>
    /// <inheritdoc cref="ServeAsync"/>
    public Task SendFileAsync(HttpContext context, string name, int? version, RecommendLists lists) => AdmitAsync(context, async () =>
    {
        var path = Path.Combine(folders.Incoming, $"{Guid.NewGuid():N}.csv.part");
        try
        {
            string model;
            using (var lease = await RentAsync(context, name, version))
            {
                model = lease.Version.Name;
                var recommender = RecommendationAnswers.RecommenderOf(lease);
                await Task.Run(() => RecommendFile.RunAll(recommender, lists, path, context.RequestAborted), context.RequestAborted);
            }

            context.Response.ContentType = "text/csv; charset=utf-8";
            context.Response.Headers.ContentDisposition = $"attachment; filename=\"{model}.recommendations.csv\"";
            await context.Response.SendFileAsync(path, context.RequestAborted);
        }
        finally
        {
            File.Delete(path);
        }
    });

    private async Task AdmitAsync(HttpContext context, Func<Task> serve)
    {
        if (await check.FindCallerAsync(context) is not { } caller)
            return;
        using var admitted = admission.Enter(caller);
        if (admitted.Outcome == AdmissionOutcome.Admitted)
            await serve();
        else
            await predictions.ShedAsync(context, admitted);
    }

    private async ValueTask<PredictionLease> RentAsync(HttpContext context, string name, int? version) => version is { } number
        ? await pinned.RentAsync(name, number, context.RequestAborted)
        : await pool.RentAsync(name, context.RequestAborted) ?? throw RefusedException.NotFound("deployment", name);
}
