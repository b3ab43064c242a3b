using System.Collections.Immutable;
using System.Security.Claims;
using AlgoFactory.Serving.Access;
using AlgoFactory.Web.Errors;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AlgoFactory.Web.Access;

/// <summary>A key to be made.</summary>
/// <param name="Name">What or who it is for; 1 to 100 characters.</param>
/// <param name="Role">What it may do.</param>
public sealed record KeyRequest(string Name, KeyRole Role);

/// <summary>A key as lists show it.</summary>
/// <param name="Id">Its public id, the secret's first characters.</param>
/// <param name="Name">What or who it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="RevokedAt">When it was revoked, or null.</param>
public sealed record KeyView(string Id, string Name, KeyRole Role, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt)
{
    /// <summary>The view of a stored key.</summary>
    public static KeyView Of(ApiKey key) => new(key.Id, key.Name, key.Role, key.CreatedAt, key.RevokedAt);
}

/// <summary>A key that was just made.</summary>
/// <param name="Id">Its public id.</param>
/// <param name="Name">What or who it is for.</param>
/// <param name="Role">What it may do.</param>
/// <param name="Key">The secret: shown this once and kept nowhere.</param>
public sealed record NewKeyView(string Id, string Name, KeyRole Role, string Key);

/// <summary><c>/api/keys</c>: make, list, revoke.</summary>
public static class KeysApi
{
    /// <summary>Maps the endpoints.</summary>
    public static void MapKeys(this IEndpointRouteBuilder app)
    {
        var keys = app.MapGroup("/api/keys").WithTags("Keys").RequireAuthorization(Policies.Admin).ProducesProblem(401).ProducesProblem(403);
        keys.MapGet("/", ListAsync).WithName("listKeys").WithSummary("All keys, revoked ones too, the newest first.");
        keys.MapPost("/", CreateAsync).WithName("createKey").WithSummary("Make a key; its secret is in this answer only.").ProducesProblem(400);
        keys.MapDelete("/{id}", RevokeAsync).WithName("revokeKey").WithSummary("Revoke a key; it and its sessions are refused from now on.").ProducesProblem(404).ProducesProblem(409);
    }

    private static async Task<Ok<ImmutableArray<KeyView>>> ListAsync(KeyService keys, CancellationToken cancellation) =>
        TypedResults.Ok((await keys.ListAsync(cancellation)).Select(KeyView.Of).ToImmutableArray());

    private static async Task<Created<NewKeyView>> CreateAsync(
        KeyRequest request, KeyService keys, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(request.Name) || request.Name.Length > 100 || request.Name.Any(char.IsControl))
            throw RefusedException.Invalid("A key's name has 1 to 100 characters and says what or who the key is for.");
        if (!Enum.IsDefined(request.Role))
            throw RefusedException.Invalid("A key's role is one of application, analyst, operator, admin.");
        var made = await keys.CreateAsync(request.Name, request.Role, cancellation);
        await audit.NoteAsync(user, "key.create", made.Key.Id, $"{made.Key.Name}, {made.Key.Role}");
        return TypedResults.Created($"/api/keys/{made.Key.Id}", new NewKeyView(made.Key.Id, made.Key.Name, made.Key.Role, made.Secret));
    }

    private static async Task<NoContent> RevokeAsync(string id, KeyService keys, Audit audit, ClaimsPrincipal user, CancellationToken cancellation)
    {
        if (id == KeyIdentity.Id(user))
            throw RefusedException.Conflict("A key cannot revoke itself; use another administrator's key.");
        if (!await keys.RevokeAsync(id, cancellation))
            throw RefusedException.NotFound("key", id);
        await audit.NoteAsync(user, "key.revoke", id);
        return TypedResults.NoContent();
    }
}
