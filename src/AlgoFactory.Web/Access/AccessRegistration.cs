using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;

namespace AlgoFactory.Web.Access;

/// <summary>Authentication and authorisation.</summary>
internal static class AccessRegistration
{
    /// <summary>Where people sign in.</summary>
    public const string SignInPath = "/sign-in";

    public static IServiceCollection AddAccess(this IServiceCollection services, AlgoFactoryOptions options, DataFolders folders)
    {
        services.AddSingleton<SignIn>();
        services.AddSingleton<Audit>();
        services.AddDataProtection()
            .SetApplicationName("AlgoFactory")
            .PersistKeysToFileSystem(new DirectoryInfo(folders.ProtectionKeys));
        services.AddAntiforgery(o =>
        {
            o.Cookie.Name = "algofactory-form";
            o.Cookie.HttpOnly = true;
            o.Cookie.SameSite = SameSiteMode.Strict;
        });

        // No default scheme: policies name theirs, so that the prediction route pays for no authentication it does not use.
        services.AddAuthentication()
            .AddScheme<AuthenticationSchemeOptions, KeyAuthenticationHandler>(Schemes.Key, null)
            .AddCookie(Schemes.Cookie, o => Configure(o, options))
            .AddPolicyScheme(Schemes.Any, null, o => o.ForwardDefaultSelector = context =>
                RequestKey.IsGiven(context.Request) || !HasCookie(context) && IsForKeys(context, options) ? Schemes.Key : Schemes.Cookie);
        services.AddAuthorization(Policies.Add);
        return services;
    }

    internal const string CookieName = "algofactory";

    private static bool HasCookie(HttpContext context) => context.Request.Cookies.ContainsKey(CookieName);

    private static bool IsForKeys(HttpContext context, AlgoFactoryOptions options) =>
        options.Access.AnonymousRole is not null || Problem.IsForPrograms(context);

    private static void Configure(CookieAuthenticationOptions cookie, AlgoFactoryOptions options)
    {
        cookie.Cookie.Name = CookieName;
        cookie.Cookie.HttpOnly = true;
        cookie.Cookie.SameSite = SameSiteMode.Strict;
        cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        cookie.ExpireTimeSpan = TimeSpan.FromHours(options.Access.SessionHours);
        cookie.SlidingExpiration = true;
        cookie.LoginPath = SignInPath;
        cookie.AccessDeniedPath = "/forbidden";
        cookie.ReturnUrlParameter = "returnUrl";
        cookie.Events.OnValidatePrincipal = ValidateAsync;
        cookie.Events.OnRedirectToLogin = context => Redirect(context, StatusCodes.Status401Unauthorized);
        cookie.Events.OnRedirectToAccessDenied = context => Redirect(context, StatusCodes.Status403Forbidden);
    }

    // A cookie is worth what its key is worth now: a revoked key ends its sessions.
    private static async Task ValidateAsync(CookieValidatePrincipalContext context)
    {
        var keys = context.HttpContext.RequestServices.GetRequiredService<KeyService>();
        if (context.Principal is not { } user || keys.FindActive(KeyIdentity.Id(user)) is null)
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(Schemes.Cookie);
        }
    }

    private static Task Redirect(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        if (Problem.IsForPrograms(context.HttpContext))
            context.Response.StatusCode = status;
        else
            context.Response.Redirect(context.RedirectUri);
        return Task.CompletedTask;
    }
}
