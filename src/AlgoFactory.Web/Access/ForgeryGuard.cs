using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Access;

/// <summary>
/// Keeps other sites from using a signed-in browser: a request to the API that changes something and is authenticated by
/// the cookie must carry the header <c>X-Requested-With</c>, which another site's page cannot set without asking first
/// (CORS), and must not come from another origin. Calls with a key need neither.
/// </summary>
internal static class ForgeryGuard
{
    public const string Header = "X-Requested-With";

    public static void UseForgeryGuard(this WebApplication app) => app.Use(static (context, next) =>
    {
        var request = context.Request;
        var isSafe = HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method);
        if (isSafe || !request.Path.StartsWithSegments("/api") || RequestKey.IsGiven(request))
            return next(context);
        if (request.Cookies.ContainsKey(AccessRegistration.CookieName) && !request.Headers.ContainsKey(Header))
            return Refuse(context, $"A signed-in browser must send the header '{Header}' with a request that changes something.");
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
            return Refuse(context, "The request comes from a page of another site.");
        // Browsers send Sec-Fetch-Site over https and to this machine only; Origin they send everywhere. (Our own pages send
        // the header: behind a proxy that changes the host, their origin looks foreign and is not.)
        if (!request.Headers.ContainsKey(Header) && request.Headers.Origin is [{ } origin] && !IsOwn(origin, request.Host))
            return Refuse(context, "The request comes from a page of another site.");
        return next(context);
    });

    // The scheme is left out: behind a proxy that ends TLS the page's is https where ours is http.
    private static bool IsOwn(string origin, HostString host) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var page) && string.Equals(page.Authority, host.Value, StringComparison.OrdinalIgnoreCase);

    private static Task Refuse(HttpContext context, string detail)
    {
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Problem.WriteAsync(context, StatusCodes.Status403Forbidden, detail);
    }
}
