using System.Text.Json;
using AlgoFactory.Data;
using AlgoFactory.Hosting;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Storage;
using AlgoFactory.Web.Components;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Errors;

/// <summary>Turns what handlers throw into problem details: the sender's faults with their sentence, ours without details.</summary>
internal sealed class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext context, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && context.RequestAborted.IsCancellationRequested)
            return true;
        var (status, detail) = Describe(exception);
        if (status == StatusCodes.Status500InternalServerError || exception is StorageException)
            log.LogError(exception, "{Method} {Path} failed (request {RequestId})", context.Request.Method, context.Request.Path, context.TraceIdentifier);
        context.Response.StatusCode = status;
        if (exception is ModelAsleepException)
            context.Response.Headers.RetryAfter = "10";
        if (Problem.IsForPrograms(context))
            await Problem.WriteAsync(context, status, detail);
        else
            await new RazorComponentResult<ErrorDocument>(new { Status = status, Detail = detail }) { StatusCode = status }.ExecuteAsync(context);
        return true;
    }

    internal static (int Status, string Detail) Describe(Exception exception) => exception switch
    {
        RefusedException refused => (refused.Status, refused.Message),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => (413, "The request is larger than this address accepts."),
        BadHttpRequestException { InnerException: JsonException json } => (400, $"The body is not the JSON that is expected here{At(json)}: {FirstSentence(json)}"),
        BadHttpRequestException bad => (bad.StatusCode, bad.Message),
        JsonException json => (400, $"The body is not the JSON that is expected here{At(json)}: {FirstSentence(json)}"),
        InvalidDataException invalid => (400, invalid.Message),
        RowBindingException or UsageException => (400, exception.Message),
        ModelAsleepException => (503, exception.Message),
        TimeoutException => (504, exception.Message),
        RegistryException => (404, exception.Message),
        DeploymentException deployment => (deployment.Fault switch
        {
            DeploymentFault.NotFound => 404,
            DeploymentFault.Conflict => 409,
            DeploymentFault.Outdated => 412,
            _ => 400,
        }, deployment.Message),
        // Their own sentences are the operator's: they name files, hosts and users.
        StorageException { IsDiskFull: true } => (507, "The server's disk is full. Nothing was changed; free some space and try again."),
        StorageException => (503, "The server's metadata cannot be read or written right now. Its log tells more."),
        DataFormatException or LearningException or ArtefactFormatException => (400, exception.Message),
        IOException io when DiskFull.Is(io) => (507, "The disk is full. Nothing was kept; free some space and send it again."),
        _ => (500, "Something went wrong on the server. Its log tells more."),
    };

    private static string At(JsonException json) => json.Path is { Length: > 1 } path ? $" (at {path})" : "";

    // System.Text.Json names .NET types and repeats the path; a caller needs neither.
    private static string FirstSentence(JsonException json)
    {
        var text = json.Message;
        var path = text.IndexOf(" Path: ", StringComparison.Ordinal);
        if (path >= 0)
            text = text[..path];
        if (text.StartsWith("The JSON property '", StringComparison.Ordinal))
            return $"there is no property '{text.Split('\'')[1]}' here; see /openapi/v1.json for those there are.";
        return text.StartsWith("The JSON value could not be converted to", StringComparison.Ordinal)
            ? "a value is not of the type that belongs there, or none of the words that may stand there; see /openapi/v1.json."
            : text.StartsWith("JSON deserialization for type", StringComparison.Ordinal) && text.IndexOf("was missing", StringComparison.Ordinal) is var at and > 0
                ? $"required properties are missing{text[(text.IndexOf(": ", at, StringComparison.Ordinal) is var colon and >= 0 ? colon : at)..]}"
                : text;
    }
}
