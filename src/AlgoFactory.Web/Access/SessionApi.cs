using System.Security.Claims;
using AlgoFactory.Serving.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Access;

/// <summary>What a browser sends to sign in.</summary>
/// <param name="Key">The API key.</param>
public sealed record SignInRequest(string Key);

/// <summary>Who the caller is.</summary>
/// <param name="Name">The key's name.</param>
/// <param name="Role">The key's role.</param>
public sealed record SessionView(string Name, KeyRole Role);

/// <summary><c>/api/session</c>: sign in with a key, who am I, sign out.</summary>
public static class SessionApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapSession(this IEndpointRouteBuilder app)
    {
        var session = app.MapGroup("/api/session").WithTags("Session");
        session.MapPost("/", SignInAsync).WithName("signIn").WithSummary("Sign a browser in with a key; sets a cookie.")
            .AllowAnonymous().ProducesProblem(401);
        session.MapGet("/", Show).WithName("whoAmI").WithSummary("The caller's key: its name and role.")
            .RequireAuthorization(Policies.SignedIn).ProducesProblem(401);
        session.MapDelete("/", SignOutAsync).WithName("signOut").WithSummary("Sign out; removes the cookie.").AllowAnonymous();
    }

    private static async Task<Results<Ok<SessionView>, ProblemHttpResult>> SignInAsync(SignInRequest request, SignIn signIn, HttpContext context) =>
        await signIn.SignInAsync(context, request.Key) is { } key
            ? TypedResults.Ok(new SessionView(key.Name, key.Role))
            : TypedResults.Problem("The API key is unknown or revoked.", statusCode: 401);

    private static Ok<SessionView> Show(ClaimsPrincipal user) =>
        TypedResults.Ok(new SessionView(KeyIdentity.Name(user), KeyIdentity.Role(user) ?? KeyRole.Application));

    private static async Task<NoContent> SignOutAsync(SignIn signIn, HttpContext context)
    {
        await signIn.SignOutAsync(context);
        return TypedResults.NoContent();
    }
}
