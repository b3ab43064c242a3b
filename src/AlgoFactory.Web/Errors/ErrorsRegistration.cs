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
        app.UseWhen(c => !Problem.IsForPrograms(c), people => people.UseStatusCodePagesWithReExecute("/not-found", "?status={0}"));
    }
}
