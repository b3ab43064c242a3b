using AlgoFactory.Hosting;
using AlgoFactory.Hosting.Explaining;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Models;

/// <summary><c>/api/models/{name}/versions/{version}</c>: <c>card</c>, <c>counterfactuals</c>, <c>report</c>.</summary>
public static class UnderstandingApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapUnderstanding(this IEndpointRouteBuilder app)
    {
        var version = app.MapGroup("/api/models/{name}/versions/{version:int}").WithTags("Understanding").RequireAuthorization(Policies.ReadModels)
            .ProducesProblem(401).ProducesProblem(403).ProducesProblem(404);
        version.MapGet("/card", CardAsync).WithName("getModelCard").WithSummary("The version's model card: data, or with format=md Markdown.")
            .Produces<ModelCard>().Produces<string>(200, "text/markdown").ProducesProblem(400);
        version.MapPost("/counterfactuals", CounterfactualsAsync).WithName("findCounterfactuals")
            .WithSummary("What would have to be different in a row for another prediction.").ProducesProblem(400);
        version.MapGet("/report", ReportAsync).WithName("reportOnModel").RequireAuthorization(Policies.Data)
            .WithSummary("The version looked at from all sides on a data set: data, or with format=html one self-contained page.")
            .Produces<UnderstandingReport>().Produces<string>(200, "text/html").ProducesProblem(400).ProducesProblem(409);
    }

    private static async Task<Results<Ok<ModelCard>, ContentHttpResult>> CardAsync(
        string name, int version, UnderstandingService understanding, string format = "json", CancellationToken cancellation = default)
    {
        if (format is not ("json" or "md"))
            throw RefusedException.Invalid($"The format of a card is 'json' or 'md', not '{format}'.");
        var card = await understanding.CardAsync(name, version, cancellation);
        return format == "json" ? TypedResults.Ok(card) : TypedResults.Content(ModelCardText.Write(card), "text/markdown; charset=utf-8");
    }

    private static async Task<Ok<CounterfactualReport>> CounterfactualsAsync(
        string name, int version, CounterfactualRequest request, UnderstandingService understanding, CancellationToken cancellation) =>
        TypedResults.Ok(await understanding.CounterfactualsAsync(name, version, request, cancellation));

    private static async Task<Results<ContentHttpResult, FileStreamHttpResult>> ReportAsync(
        string name, int version, UnderstandingService understanding, IWebHostEnvironment environment,
        string? dataset = null, string[]? fairness = null, string format = "json", CancellationToken cancellation = default)
    {
        if (format is not ("json" or "html"))
            throw RefusedException.Invalid($"The format of a report is 'json' or 'html', not '{format}'.");
        if (string.IsNullOrEmpty(dataset))
            throw RefusedException.Invalid("Name the data set to look at the model on with '?dataset=ID'.");
        var report = await understanding.ReportAsync(name, version, dataset, [.. (fairness ?? []).Where(c => c.Length > 0)], cancellation);
        // As the command line writes it: numbers that are not defined are null.
        if (format == "json")
            return TypedResults.Content(ReportJson.Write(report), "application/json; charset=utf-8");
        var page = new MemoryStream();
        ReportHtml.Write(report, $"Report: {name}, version {version}", environment.WebRootPath, page);
        page.Position = 0;
        return TypedResults.Stream(page, "text/html; charset=utf-8", $"{name}-{version}-report.html");
    }
}
