using System.Collections.Immutable;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Storage.Rows;

/// <summary>An experiment as the database keeps it.</summary>
internal sealed class ExperimentRow
{
    public required string Id { get; init; }

    /// <summary>The <see cref="ExperimentRequest"/> as JSON.</summary>
    public required string Request { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public ExperimentState State { get; set; }

    public string? Phase { get; set; }

    public string? Error { get; set; }

    public string? Task { get; set; }

    public string? Metric { get; set; }

    public bool HigherIsBetter { get; set; }

    public DateTimeOffset? StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public int? ModelVersion { get; set; }

    public bool CancelRequested { get; set; }

    public string? Owner { get; set; }

    public DateTimeOffset? HeartbeatAt { get; set; }

    /// <summary>The warnings as a JSON array of texts.</summary>
    public required string Warnings { get; set; }

    public static ExperimentRow From(ExperimentRecord record)
    {
        var row = new ExperimentRow { Id = record.Id, Request = "", Warnings = "" };
        row.Set(record);
        return row;
    }

    public void Set(ExperimentRecord record)
    {
        Request = RowJson.Write(record.Request);
        CreatedAt = record.CreatedAt;
        State = record.State;
        Phase = record.Phase;
        Error = record.Error;
        Task = record.Task;
        Metric = record.Metric;
        HigherIsBetter = record.HigherIsBetter;
        StartedAt = record.StartedAt;
        EndedAt = record.EndedAt;
        ModelVersion = record.ModelVersion;
        CancelRequested = record.CancelRequested;
        Owner = record.Owner;
        HeartbeatAt = record.HeartbeatAt;
        Warnings = RowJson.Write(record.Warnings);
    }

    public ExperimentRecord ToRecord() => new()
    {
        Id = Id,
        Request = RowJson.Read<ExperimentRequest>(Request),
        CreatedAt = CreatedAt,
        State = State,
        Phase = Phase,
        Error = Error,
        Task = Task,
        Metric = Metric,
        HigherIsBetter = HigherIsBetter,
        StartedAt = StartedAt,
        EndedAt = EndedAt,
        ModelVersion = ModelVersion,
        CancelRequested = CancelRequested,
        Owner = Owner,
        HeartbeatAt = HeartbeatAt,
        Warnings = RowJson.Read<ImmutableArray<string>>(Warnings),
    };
}
