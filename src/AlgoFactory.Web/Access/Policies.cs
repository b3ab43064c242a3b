using AlgoFactory.Serving.Access;
using Microsoft.AspNetCore.Authorization;

namespace AlgoFactory.Web.Access;

/// <summary>
/// Who may do what: the one table of roles. Endpoints and pages name a policy, never a role.
/// </summary>
public static class Policies
{
    /// <summary>Any key at all: who am I, sign out.</summary>
    public const string SignedIn = "signed-in";

    /// <summary>Data sets and experiments.</summary>
    public const string Data = "data";

    /// <summary>Reading models and deployments.</summary>
    public const string ReadModels = "read-models";

    /// <summary>Uploading and deleting models.</summary>
    public const string WriteModels = "write-models";

    /// <summary>Making a version serve. Analysts publish their winner; operators do the rest.</summary>
    public const string Deploy = "deploy";

    /// <summary>Rolling a deployment back or removing it.</summary>
    public const string Operate = "operate";

    /// <summary>Keys.</summary>
    public const string Admin = "admin";

    /// <summary>Calling predictions.</summary>
    public const string Predict = "predict";

    private static readonly KeyRole[] Everyone = [KeyRole.Application, KeyRole.Analyst, KeyRole.Operator, KeyRole.Admin];
    private static readonly KeyRole[] Staff = [KeyRole.Analyst, KeyRole.Operator, KeyRole.Admin];

    /// <summary>The roles of each policy.</summary>
    public static IReadOnlyDictionary<string, KeyRole[]> Roles { get; } = new Dictionary<string, KeyRole[]>
    {
        [SignedIn] = Everyone,
        [Data] = [KeyRole.Analyst, KeyRole.Admin],
        [ReadModels] = Staff,
        [WriteModels] = Staff,
        [Deploy] = Staff,
        [Operate] = [KeyRole.Operator, KeyRole.Admin],
        [Admin] = [KeyRole.Admin],
        [Predict] = Everyone,
    };

    /// <summary>Whether a role is allowed what a policy guards.</summary>
    public static bool Allows(string policy, KeyRole role) => Roles[policy].Contains(role);

    internal static void Add(AuthorizationOptions options)
    {
        foreach (var (name, roles) in Roles)
            options.AddPolicy(name, policy => policy
                .AddAuthenticationSchemes(Schemes.Any)
                .RequireAuthenticatedUser()
                .RequireRole(roles.Select(r => r.ToString().ToLowerInvariant())));
        options.DefaultPolicy = options.GetPolicy(SignedIn)!;
    }
}

/// <summary>The ways a caller shows who it is.</summary>
internal static class Schemes
{
    /// <summary>A key in the request's headers if there is one, else the browser's cookie.</summary>
    public const string Any = "AlgoFactory";

    /// <summary>A key in <c>Authorization: Bearer</c> or <c>X-Api-Key</c>.</summary>
    public const string Key = "ApiKey";

    /// <summary>The cookie of a browser that signed in with a key.</summary>
    public const string Cookie = "Cookie";
}
