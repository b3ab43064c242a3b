using System.Globalization;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.OpenInference;

namespace AlgoFactory.Web.Predictions;

/// <summary>
/// Takes predictions that are called with a key past the pipeline, straight to <see cref="PredictionRoute"/>. What the pipeline
/// does for pages and for the rest of the API (routing, cookies, antiforgery, authentication, status pages) costs more than a
/// prediction itself, and none of it concerns a call with a key. All else that reaches these addresses goes the usual way, to the
/// same route.
/// </summary>
internal static class PredictionShortcut
{
    private const string Models = "/api/models/";
    private const string Predict = "/predict";
    private const string InferenceModels = "/v2/models/";
    private const string Infer = "/infer";
    private const string Versions = "/versions/";

    /// <summary>Adds the shortcut; first in the pipeline.</summary>
    public static void UsePredictionShortcut(this WebApplication app)
    {
        var route = app.Services.GetRequiredService<PredictionRoute>();
        var faults = ActivatorUtilities.CreateInstance<ProblemExceptionHandler>(app.Services);
        app.Use(next => context =>
        {
            var request = context.Request;
            if (!HttpMethods.IsPost(request.Method) || !RequestKey.IsGiven(request))
                return next(context);
            if (TryMatch(request.Path.Value, Models, Predict, out var name, out var version))
                return ServeAsync(context, route, name, version, PlainProtocol.Instance, faults);
            // There a version's model is the deployment's: that is for the endpoint.
            return TryMatch(request.Path.Value, InferenceModels, Infer, out name, out version) && version is null
                ? ServeAsync(context, route, name, null, OpenInferenceProtocol.Instance, faults)
                : next(context);
        });
    }

    private static bool TryMatch(string? path, string prefix, string suffix, out string name, out int? version)
    {
        (name, version) = ("", null);
        if (path is null || !path.StartsWith(prefix, StringComparison.Ordinal) || !path.EndsWith(suffix, StringComparison.Ordinal)
            || path.Length <= prefix.Length + suffix.Length)
            return false;
        var middle = path.AsSpan(prefix.Length, path.Length - prefix.Length - suffix.Length);
        if (middle.IndexOf('/') is >= 0 and var slash)
        {
            var rest = middle[slash..];
            if (!rest.StartsWith(Versions, StringComparison.Ordinal)
                || !int.TryParse(rest[Versions.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return false;
            version = number;
            middle = middle[..slash];
        }

        name = middle.ToString();
        return name.Length > 0;
    }

    private static async Task ServeAsync(
        HttpContext context, PredictionRoute route, string name, int? version, IPredictionProtocol protocol, ProblemExceptionHandler faults)
    {
        try
        {
            await route.ServeAsync(context, name, version, protocol);
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // As the pipeline's exception handler does it.
            context.Response.Clear();
            SecurityHeaders.SetForData(context.Response.Headers);
            await faults.TryHandleAsync(context, e, CancellationToken.None);
        }
    }
}
