using AlgoFactory.Web.OpenInference;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Errors;

/// <summary>Writes problem details (RFC 9457), whatever the caller said it accepts.</summary>
internal static class Problem
{
    /// <summary>The result for a status and a sentence.</summary>
    public static ProblemHttpResult Of(int status, string detail) => TypedResults.Problem(detail, statusCode: status);

    /// <summary>Writes the problem as the whole answer; under <c>/v2</c> in that protocol's own form.</summary>
    public static Task WriteAsync(HttpContext context, int status, string detail) => context.Request.Path.StartsWithSegments("/v2")
        ? TypedResults.Json(new InferenceError(detail), statusCode: status).ExecuteAsync(context)
        : Of(status, detail).ExecuteAsync(context);

    /// <summary>Gives an empty error answer (no route, wrong method, no key, …) its problem details.</summary>
    public static Task FillAsync(StatusCodeContext context)
    {
        var http = context.HttpContext;
        var request = http.Request;
        var status = http.Response.StatusCode;
        return WriteAsync(http, status, status switch
        {
            401 => "This needs an API key: send it as 'Authorization: Bearer KEY' or 'X-Api-Key: KEY', or sign in.",
            403 => "The key's role does not allow this.",
            404 => $"There is nothing at {request.Path}.",
            405 => $"{request.Path} does not answer to {request.Method}. It allows: {http.Response.Headers.Allow}.",
            406 => "None of the accepted content types can be given.",
            413 => "The request is larger than this address accepts.",
            415 => $"The content type '{request.ContentType}' is not accepted here.",
            _ => $"The request ended with status {status}.",
        });
    }

    /// <summary>Whether the caller is a program rather than a person with a browser: errors are then problem details.</summary>
    public static bool IsForPrograms(HttpContext context)
    {
        var path = context.Request.Path;
        return path.StartsWithSegments("/api") || path.StartsWithSegments("/v2") || path.StartsWithSegments("/openapi")
            || path.StartsWithSegments("/metrics") || path.StartsWithSegments("/livez") || path.StartsWithSegments("/readyz")
            || !context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
    }
}
