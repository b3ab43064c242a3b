using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace AlgoFactory.Web.Datasets;

/// <summary><c>/api/datasets</c>: upload, list, profile, delete.</summary>
public static class DatasetsApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapDatasets(this IEndpointRouteBuilder app)
    {
        var datasets = app.MapGroup("/api/datasets").WithTags("Datasets").RequireAuthorization(Policies.Data)
            .ProducesProblem(401).ProducesProblem(403);
        datasets.MapGet("/", ListAsync).WithName("listDatasets").WithSummary("All data sets, the newest first.");
        datasets.MapPost("/", UploadAsync).WithName("uploadDataset")
            .WithSummary("Upload a CSV, TSV, Parquet, JSON Lines or XLSX file: as the raw body with ?name=, or as a form file.")
            .Accepts<Stream>("*/*")
            .ProducesProblem(400).ProducesProblem(413).ProducesProblem(507).DisableAntiforgery();
        datasets.MapGet("/{id}", GetAsync).WithName("getDataset").WithSummary("A data set with its columns and profile.").ProducesProblem(404);
        datasets.MapDelete("/{id}", DeleteAsync).WithName("deleteDataset").WithSummary("Remove a data set and its file.")
            .ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<ImmutableArray<DatasetRecord>>> ListAsync(DatasetService datasets, CancellationToken cancellation) =>
        TypedResults.Ok(await datasets.ListAsync(cancellation));

    private static async Task<Created<DatasetRecord>> UploadAsync(
        HttpRequest request, DatasetService datasets, Audit audit, ClaimsPrincipal user, string? name = null, CancellationToken cancellation = default)
    {
        RequestSize.LeaveToHandler(request.HttpContext);
        var dataset = IsForm(request)
            ? await AddFormFileAsync(request, name, datasets, cancellation)
            : await datasets.AddAsync(request.Body, name, request.ContentLength, cancellation);
        await audit.NoteAsync(user, "dataset.upload", dataset.Id, dataset.Name);
        return TypedResults.Created($"/api/datasets/{dataset.Id}", dataset);
    }

    private static async Task<Ok<DatasetRecord>> GetAsync(string id, DatasetService datasets, CancellationToken cancellation) =>
        TypedResults.Ok(await datasets.GetAsync(id, cancellation));

    private static async Task<NoContent> DeleteAsync(string id, DatasetService datasets, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        await datasets.DeleteAsync(id, cancellation);
        await audit.NoteAsync(user, "dataset.delete", id);
        return TypedResults.NoContent();
    }

    // Not HasFormContentType: curl sends a raw file as application/x-www-form-urlencoded unless it is told otherwise.
    private static bool IsForm(HttpRequest request) =>
        request.ContentType is { } type && type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);

    // Read section by section: the framework's own form reader would keep the whole file a second time.
    private static async Task<DatasetRecord> AddFormFileAsync(HttpRequest request, string? name, DatasetService datasets, CancellationToken cancellation)
    {
        var boundary = MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? HeaderUtilities.RemoveQuotes(type.Boundary).Value : null;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > 200)
            throw RefusedException.Invalid("The form has no boundary; send it as multipart/form-data, or send the file as the raw body with '?name=FILE'.");
        var reader = new MultipartReader(boundary, request.Body);
        try
        {
            while (await reader.ReadNextSectionAsync(cancellation) is { } section)
                if (section.GetContentDispositionHeader() is { } disposition && disposition.IsFileDisposition())
                    return await datasets.AddAsync(section.Body, name ?? disposition.FileNameStar.Value ?? disposition.FileName.Value?.Trim('"'), null, cancellation);
        }
        catch (IOException e) when (e is not BadHttpRequestException && !DiskFull.Is(e) && e.Message.Contains("multipart", StringComparison.OrdinalIgnoreCase) || e.Message.StartsWith("Unexpected end of Stream", StringComparison.Ordinal))
        {
            throw RefusedException.Invalid("The form ends before its file does; send it again.");
        }

        throw RefusedException.Invalid("The form holds no file; send one, or send the file as the raw body with '?name=FILE'.");
    }
}
