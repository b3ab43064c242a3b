using AlgoFactory.Web.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Errors;

/// <summary>Problem details for every error of the API.</summary>
internal static class ErrorsRegistration
{
    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddProblemDetails()
        .AddExceptionHandler<ProblemExceptionHandler>()
        .Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);

    /// <summary>Programs get problem details; people get the page <c>/not-found</c>, with the status in its address.</summary>
    public static void UseProblems(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseWhen(Problem.IsForPrograms, programs => programs.UseStatusCodePages(Problem.FillAsync));
        app.UseWhen(c => !Problem.IsForPrograms(c), people => people
            .UseStatusCodePagesWithReExecute("/not-found", "?status={0}")
            .Use(ExplainRefusedFormAsync));
    }

    // The framework answers a form whose antiforgery token is missing or stale with an empty page.
    private static async Task ExplainRefusedFormAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (!HttpMethods.IsPost(context.Request.Method) || context.Response is not { HasStarted: false, StatusCode: StatusCodes.Status400BadRequest })
            return;
        context.Response.Clear();
        await new RazorComponentResult<ErrorDocument>(new
        {
            Status = StatusCodes.Status400BadRequest,
            Detail = "The form was open for too long, or comes from before the server's last start. Go back, load the page again and send it once more.",
        })
        { StatusCode = StatusCodes.Status400BadRequest }.ExecuteAsync(context);
    }
}
