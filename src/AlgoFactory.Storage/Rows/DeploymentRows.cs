using AlgoFactory.Serving.Deployments;

namespace AlgoFactory.Storage.Rows;

/// <summary>What a deployment serves now: its newest change.</summary>
internal sealed class DeploymentRow
{
    public required string Name { get; init; }

    /// <summary>The revision of the change in force.</summary>
    public int Revision { get; set; }
}

/// <summary>One change of a deployment; all of them are its history.</summary>
internal sealed class DeploymentChangeRow
{
    public required string Name { get; init; }

    public required int Revision { get; init; }

    public required string Model { get; init; }

    public required int Version { get; init; }

    public required string Hash { get; init; }

    public required DateTimeOffset ChangedAt { get; init; }

    public required string ChangedBy { get; init; }

    public required string Reason { get; init; }

    public static DeploymentChangeRow From(Deployment record) => new()
    {
        Name = record.Name,
        Revision = record.Revision,
        Model = record.Model,
        Version = record.Version,
        Hash = record.Hash,
        ChangedAt = record.ChangedAt,
        ChangedBy = record.ChangedBy,
        Reason = record.Reason,
    };

    public Deployment ToRecord() => new(Name, Model, Version, Hash, Revision, ChangedAt, ChangedBy) { Reason = Reason };
}
