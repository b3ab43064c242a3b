using System.Globalization;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;

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
    private const string Versions = "/versions/";

    /// <summary>Adds the shortcut; first in the pipeline.</summary>
    public static void UsePredictionShortcut(this WebApplication app)
    {
        var route = app.Services.GetRequiredService<PredictionRoute>();
        var faults = ActivatorUtilities.CreateInstance<ProblemExceptionHandler>(app.Services);
        app.Use(next => context =>
        {
            var request = context.Request;
            return HttpMethods.IsPost(request.Method) && RequestKey.IsGiven(request) && TryMatch(request.Path.Value, out var name, out var version)
                ? ServeAsync(context, route, name, version, faults)
                : next(context);
        });
    }

    internal static bool TryMatch(string? path, out string name, out int? version)
    {
        (name, version) = ("", null);
        if (path is null || !path.StartsWith(Models, StringComparison.Ordinal) || !path.EndsWith(Predict, StringComparison.Ordinal)
            || path.Length <= Models.Length + Predict.Length)
            return false;
        var middle = path.AsSpan(Models.Length, path.Length - Models.Length - Predict.Length);
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

    private static async Task ServeAsync(HttpContext context, PredictionRoute route, string name, int? version, ProblemExceptionHandler faults)
    {
        try
        {
            await route.ServeAsync(context, name, version, PlainProtocol.Instance);
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
