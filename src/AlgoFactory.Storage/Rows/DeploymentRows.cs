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

    /// <summary>The <see cref="TrafficPlan"/> as JSON; null where it is the one version and nothing more.</summary>
    public string? Plan { get; init; }

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
        Plan = record.Plan.IsPlain ? null : RowJson.Write(record.Plan),
    };

    public Deployment ToRecord()
    {
        var record = new Deployment(Name, Model, Version, Hash, Revision, ChangedAt, ChangedBy) { Reason = Reason };
        return Plan is null ? record : record with { Plan = RowJson.Read<TrafficPlan>(Plan) };
    }
}

/// <summary>What a node last said that it serves.</summary>
internal sealed class NodeReportRow
{
    public required string Node { get; init; }

    public DateTimeOffset SeenAt { get; set; }

    /// <summary>The <see cref="NodeReport"/> as JSON.</summary>
    public required string Report { get; set; }
}
