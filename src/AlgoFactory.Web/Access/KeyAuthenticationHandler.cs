using System.Text.Encodings.Web;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace AlgoFactory.Web.Access;

/// <summary>Authenticates a request by the key in its headers; without one, as the anonymous role if the settings have one.</summary>
internal sealed class KeyAuthenticationHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    KeyService keys,
    AlgoFactoryOptions settings)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    private AuthenticateResult Authenticate()
    {
        if (!RequestKey.IsGiven(Request))
            return settings.Access.AnonymousRole is { } role
                ? Success(KeyIdentity.Anonymous(role, Scheme.Name))
                : AuthenticateResult.NoResult();
        return keys.Verify(RequestKey.Secret(Request)) is { } key
            ? Success(KeyIdentity.Of(key, Scheme.Name))
            : AuthenticateResult.Fail("The API key is unknown or revoked.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }

    private AuthenticateResult Success(System.Security.Claims.ClaimsPrincipal principal) =>
        AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name));
}
