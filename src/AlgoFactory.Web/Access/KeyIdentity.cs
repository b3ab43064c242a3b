using System.Security.Claims;
using AlgoFactory.Serving.Access;

namespace AlgoFactory.Web.Access;

/// <summary>The claims of a key, and back.</summary>
public static class KeyIdentity
{
    private const string IdClaim = "key";

    /// <summary>The principal that acts with a key.</summary>
    public static ClaimsPrincipal Of(ApiKey key, string scheme) => Of(key.Id, key.Name, key.Role, scheme);

    /// <summary>The principal of a caller without a key, where the settings allow one.</summary>
    public static ClaimsPrincipal Anonymous(KeyRole role, string scheme) => Of("", "anonymous", role, scheme);

    /// <summary>The id of the caller's key; empty for an anonymous one.</summary>
    public static string Id(ClaimsPrincipal user) => user.FindFirstValue(IdClaim) ?? "";

    /// <summary>The name of the caller's key, for histories and pages.</summary>
    public static string Name(ClaimsPrincipal user) => user.Identity?.Name ?? "anonymous";

    /// <summary>The caller's role, or null when nobody is signed in.</summary>
    public static KeyRole? Role(ClaimsPrincipal user) =>
        Enum.TryParse<KeyRole>(user.FindFirstValue(ClaimTypes.Role), ignoreCase: true, out var role) ? role : null;

    /// <summary>Whether the caller is allowed what a policy of <see cref="Policies"/> guards; for showing or hiding buttons.</summary>
    public static bool May(ClaimsPrincipal user, string policy) => Role(user) is { } role && Policies.Allows(policy, role);

    private static ClaimsPrincipal Of(string id, string name, KeyRole role, string scheme) => new(new ClaimsIdentity(
        [new Claim(IdClaim, id), new Claim(ClaimTypes.Name, name), new Claim(ClaimTypes.Role, role.ToString().ToLowerInvariant())], scheme));
}
