using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Importing;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AlgoFactory.Web.Models;

/// <summary><c>/api/models</c>: list, show, upload, download, delete.</summary>
public static class ModelsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        var models = app.MapGroup("/api/models").WithTags("Models").RequireAuthorization(Policies.ReadModels)
            .ProducesProblem(401).ProducesProblem(403);
        models.MapGet("/", List).WithName("listModels").WithSummary("All models with their versions.");
        models.MapGet("/{name}", Get).WithName("getModel").WithSummary("A model with its versions.").ProducesProblem(404);
        models.MapGet("/{name}/versions/{version:int}", GetVersion).WithName("getModelVersion")
            .WithSummary("A version: task, columns, metrics, curves, importance, lineage.").ProducesProblem(404);
        models.MapGet("/{name}/versions/{version:int}/file", Download).WithName("downloadModel")
            .WithSummary("The version's .afm file.").Produces<Stream>(200, "application/octet-stream").ProducesProblem(404);
        models.MapGet("/{name}/versions/{version:int}/trees/{index:int}", GetTree).WithName("getTree")
            .WithSummary("One of the version's trees, with features, categories and leaves: data, or with format=svg a picture.")
            .Produces<TreeView>().Produces<string>(200, "image/svg+xml").ProducesProblem(400).ProducesProblem(404).ProducesProblem(409);
        models.MapPost("/{name}/versions", UploadAsync).WithName("uploadModel").WithSummary("Upload an .afm file, or an ONNX file with what it does not say itself, as the model's next version: the raw body.")
            .Accepts<Stream>("*/*").RequireAuthorization(Policies.WriteModels)
            .ProducesProblem(400).ProducesProblem(413).ProducesProblem(507).DisableAntiforgery();
        models.MapDelete("/{name}/versions/{version:int}", DeleteAsync).WithName("deleteModelVersion")
            .WithSummary("Delete a version that nothing serves; its number is not used again.").RequireAuthorization(Policies.WriteModels)
            .ProducesProblem(404).ProducesProblem(409);
    }

    private static Ok<ImmutableArray<ModelView>> List(ModelService models) => TypedResults.Ok(models.List());

    private static Ok<ModelView> Get(string name, ModelService models) => TypedResults.Ok(models.Get(name));

    private static Ok<ModelDetail> GetVersion(string name, int version, ModelService models) => TypedResults.Ok(models.Open(name, version));

    private static Results<Ok<TreeView>, ContentHttpResult> GetTree(
        string name, int version, int index, ModelService models, int? member = null, string format = "json")
    {
        if (format is not ("json" or "svg"))
            throw RefusedException.Invalid($"The format of a tree is 'json' or 'svg', not '{format}'.");
        var tree = models.Tree(name, version, index, member);
        return format == "json" ? TypedResults.Ok(tree) : TypedResults.Content(TreeSvg.Draw(tree), "image/svg+xml; charset=utf-8");
    }

    private static PhysicalFileHttpResult Download(string name, int version, ModelService models) =>
        TypedResults.PhysicalFile(models.PathOf(name, version), "application/octet-stream", $"{name}-{version}.afm", enableRangeProcessing: true);

    private static async Task<Created<ModelVersionView>> UploadAsync(
        string name, HttpRequest request, ModelService models, Audit audit, ClaimsPrincipal user, CancellationToken cancellation,
        [FromQuery] string[]? labels = null, string? task = null, string? output = null, [FromQuery] string[]? columns = null, string? scores = null, string? image = null, string? label = null)
    {
        RequestSize.LeaveToHandler(request.HttpContext);
        var onnx = new OnnxImportOptions
        {
            Labels = Listed(labels),
            Task = Said(task),
            Output = Said(output),
            Columns = Listed(columns),
            Scores = Said(scores),
            Image = Said(image),
            Label = Said(label) ?? "prediction",
        };
        var published = await models.AddAsync(name, request.Body, request.ContentLength, onnx, cancellation);
        await audit.NoteAsync(user, "model.upload", $"{name}/{published.Version}", published.Hash);
        return TypedResults.Created($"/api/models/{name}/versions/{published.Version}", published);
    }

    /// <summary>Several values, or one with commas as a form has it.</summary>
    private static ImmutableArray<string> Listed(string[]? values) => values is [var one]
        ? [.. one.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)]
        : [.. values ?? []];

    private static string? Said(string? value) => string.IsNullOrEmpty(value) ? null : value;

    private static async Task<NoContent> DeleteAsync(
        string name, int version, ModelService models, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await models.DeleteAsync(name, version, cancellation);
        await audit.NoteAsync(user, "model.delete", $"{name}/{version}");
        return TypedResults.NoContent();
    }
}
