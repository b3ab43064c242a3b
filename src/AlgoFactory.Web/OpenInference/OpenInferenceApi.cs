using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using AlgoFactory.Learning;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Web.Errors;
using AlgoFactory.Web.Monitoring;
using AlgoFactory.Web.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.OpenInference;

/// <summary>
/// <c>/v2</c>: the Open Inference Protocol v2 over REST, so that clients of KServe and Triton work as they are. A model here is a
/// deployment; a version in the address is one of the model that it serves.
/// </summary>
public static class OpenInferenceApi
{
    private const string Platform = "algofactory_afm";

    /// <summary>Maps the endpoints. Health is open; the others check keys as predictions do.</summary>
    public static void MapOpenInference(this IEndpointRouteBuilder app)
    {
        var v2 = app.MapGroup("/v2").WithTags("Open Inference Protocol").AllowAnonymous();
        v2.MapGet("/", Server).WithName("v2Server").WithSummary("The server's name and version.");
        v2.MapGet("/health/live", () => TypedResults.Ok(new ServerHealth(true))).WithName("v2Live").WithSummary("Whether the server lives.");
        v2.MapGet("/health/ready", Ready).WithName("v2Ready").WithSummary("Whether all deployments were loaded.");
        foreach (var (path, suffix) in new[] { ("/models/{name}", ""), ("/models/{name}/versions/{version}", "Version") })
        {
            var model = v2.MapGroup(path);
            model.MapGet("/", MetadataAsync).WithName("v2Metadata" + suffix).WithSummary("A model's inputs, outputs and versions.")
                .Produces<ModelMetadata>().Produces<InferenceError>(401).Produces<InferenceError>(404);
            model.MapGet("/ready", ReadyAsync).WithName("v2ModelReady" + suffix).WithSummary("Whether a model answers predictions.")
                .Produces<ModelReadiness>().Produces<InferenceError>(401).Produces<InferenceError>(404);
            model.MapPost("/infer", InferAsync).WithName("v2Infer" + suffix).WithSummary("Predict: named columns as typed tensors.")
                .Accepts<InferenceRequest>(PlainProtocol.Json).Produces<InferenceResponse>()
                .Produces<InferenceError>(400).Produces<InferenceError>(401).Produces<InferenceError>(404).Produces<InferenceError>(408)
                .Produces<InferenceError>(413).Produces<InferenceError>(415).Produces<InferenceError>(429).Produces<InferenceError>(503).Produces<InferenceError>(504)
                .DisableAntiforgery();
        }
    }

    private static Ok<ServerMetadata> Server() => TypedResults.Ok(new ServerMetadata(
        "algofactory", typeof(OpenInferenceApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "", []));

    private static Results<Ok<ServerHealth>, JsonHttpResult<ServerHealth>> Ready(NodeSync sync) => sync.HasLoadedDeployments
        ? TypedResults.Ok(new ServerHealth(true, true))
        : TypedResults.Json(new ServerHealth(true, false), statusCode: StatusCodes.Status503ServiceUnavailable);

    private static async Task<IResult> MetadataAsync(
        string name, HttpContext context, PredictionEnginePool pool, PinnedModels pinned, ModelRegistry registry, PredictionKeyCheck check, string? version = null)
    {
        if (await check.FindCallerAsync(context) is null)
            return TypedResults.Empty;
        using var lease = version is null
            ? await pool.RentAsync(name, context.RequestAborted) ?? throw RefusedException.NotFound("deployment", name)
            : await pinned.RentAsync(ModelOf(pool, name), Number(version), context.RequestAborted);
        var versions = registry.Find(lease.Version.Name)?.Versions.Where(v => v.Error is null)
            .Select(v => v.Id.Version.ToString(CultureInfo.InvariantCulture)) ?? [];
        var task = lease.Predictor.Task;
        ImmutableArray<TensorMetadata> outputs =
        [
            new(TensorResponse.Prediction, task.IsClassification ? "BYTES" : "FP32", [-1]),
            .. task.IsClassification ? [new(TensorResponse.Probabilities, "FP32", [-1, task.Classes.Length])] : ImmutableArray<TensorMetadata>.Empty,
            .. Explained(lease),
        ];
        return TypedResults.Ok(new ModelMetadata(
            name, [.. versions], Platform, [.. lease.Binder.Inputs.Select(c => new TensorMetadata(c.Name, TensorResponse.DataTypeOf(c), [-1]))], outputs));
    }

    private static async Task<IResult> ReadyAsync(
        string name, HttpContext context, PredictionEnginePool pool, ModelRegistry registry, PredictionKeyCheck check, string? version = null)
    {
        if (await check.FindCallerAsync(context) is null)
            return TypedResults.Empty;
        // A version is loaded when it is first asked for: it is ready when its file is whole.
        var isReady = version is null
            ? pool.Find(name) is not null
            : registry.Find(ModelOf(pool, name), Number(version)) is { Error: null };
        return isReady
            ? TypedResults.Ok(new ModelReadiness(name, true))
            : throw RefusedException.NotFound(version is null ? "deployment" : $"version {version} of the model", name);
    }

    private static Task InferAsync(string name, HttpContext context, PredictionEnginePool pool, PredictionRoute route, string? version = null) => version is null
        ? route.ServeAsync(context, name, null, OpenInferenceProtocol.Instance)
        : route.ServeAsync(context, ModelOf(pool, name), Number(version), OpenInferenceProtocol.Instance);

    private static string ModelOf(PredictionEnginePool pool, string deployment) => pool.Find(deployment)?.Version.Name ?? deployment;

    private static int Number(string version) => int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw RefusedException.NotFound("version", version);

    private static ImmutableArray<TensorMetadata> Explained(PredictionLease lease)
    {
        try
        {
            return [new TensorMetadata(TensorResponse.Contributions, "FP64", [-1, lease.Explainer.Columns.Length + 1])];
        }
        catch (LearningException)
        {
            // A model that cannot be explained has no such output.
            return [];
        }
    }
}
