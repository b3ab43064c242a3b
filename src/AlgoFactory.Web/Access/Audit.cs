using System.Security.Claims;
using AlgoFactory.Serving.Access;

namespace AlgoFactory.Web.Access;

/// <summary>Notes who changed what, after it was changed.</summary>
public sealed class Audit(IAuditLog log, TimeProvider clock)
{
    /// <summary>Adds a line; <paramref name="action"/> is <c>noun.verb</c>, <paramref name="detail"/> never a secret.</summary>
    public Task NoteAsync(ClaimsPrincipal user, string action, string subject, string detail = "") =>
        log.AddAsync(new AuditEntry(clock.GetUtcNow(), KeyIdentity.Name(user), action, subject, detail), CancellationToken.None);
}
