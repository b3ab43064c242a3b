using AlgoFactory.Web.Components.Models;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace AlgoFactory.Web.Components;

/// <summary>The pages: server-rendered components and the static files that lie next to the program.</summary>
public static class PagesRegistration
{
    /// <summary>Adds what pages need beside the stores and services that they read through.</summary>
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddRazorComponents();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ModelShelf>();
        return services;
    }

    /// <summary>
    /// Serves the web root's files. Before authentication: the sign-in page needs its styles too.
    /// </summary>
    public static IApplicationBuilder UsePageFiles(this IApplicationBuilder app) => app.UseStaticFiles(new StaticFileOptions
    {
        // Ours are asked for again at each visit (a 304 when unchanged), so that an upgrade is seen at once; the
        // libraries and fonts change with their package only.
        OnPrepareResponse = static file => file.Context.Response.Headers.CacheControl =
            file.Context.Request.Path.StartsWithSegments("/lib") ? "public, max-age=86400" : "no-cache",
    });

    /// <summary>Maps the pages. Antiforgery must be in the pipeline, after authorisation.</summary>
    public static void MapPages(this IEndpointRouteBuilder app) => app.MapRazorComponents<App>();
}
