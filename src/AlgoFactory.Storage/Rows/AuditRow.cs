using AlgoFactory.Serving.Access;

namespace AlgoFactory.Storage.Rows;

/// <summary>An entry of the audit log.</summary>
internal sealed class AuditRow
{
    /// <summary>Given by the database, growing: the order of the entries.</summary>
    public long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    public required string Who { get; init; }

    public required string Action { get; init; }

    public required string Subject { get; init; }

    public required string Detail { get; init; }

    public static AuditRow From(AuditEntry entry) => new()
    {
        At = entry.At,
        Who = entry.Who,
        Action = entry.Action,
        Subject = entry.Subject,
        Detail = entry.Detail,
    };

    public AuditEntry ToRecord() => new(At, Who, Action, Subject, Detail);
}
