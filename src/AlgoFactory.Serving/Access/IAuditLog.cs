using System.Collections.Immutable;

namespace AlgoFactory.Serving.Access;

/// <summary>One change that somebody made, kept for good.</summary>
/// <param name="At">When.</param>
/// <param name="Who">The name of the key that asked for it, or <c>host</c> for a command on the machine itself.</param>
/// <param name="Action">What was done, as <c>noun.verb</c>: <c>deployment.deploy</c>, <c>key.revoke</c>, …</param>
/// <param name="Subject">What it was done to: a name or an id.</param>
/// <param name="Detail">More, for people; empty when there is nothing to add. Never a secret.</param>
public sealed record AuditEntry(DateTimeOffset At, string Who, string Action, string Subject, string Detail);

/// <summary>Keeps who changed what and when. Entries are added, never changed.</summary>
public interface IAuditLog
{
    /// <summary>Adds an entry; it is durable when the task ends.</summary>
    Task AddAsync(AuditEntry entry, CancellationToken cancellation);

    /// <summary>
    /// Adds an entry unless one of the same action, subject and detail is there: for a change that is noted again when it is
    /// finished after a kill. The detail must name the change, such as by an id.
    /// </summary>
    Task AddOnceAsync(AuditEntry entry, CancellationToken cancellation);

    /// <summary>The last <paramref name="count"/> entries (1 to 10,000), the newest first.</summary>
    Task<ImmutableArray<AuditEntry>> ListAsync(int count, CancellationToken cancellation);
}
