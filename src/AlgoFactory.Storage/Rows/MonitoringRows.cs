using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Storage.Rows;

/// <summary>A document of watching: settings, a report, an alert, a retraining, …</summary>
internal sealed class MonitoringRow
{
    /// <summary>What it is: <c>settings</c>, <c>report</c>, <c>report-rows</c>, <c>live</c>, <c>alert</c>, <c>retraining</c> or <c>secret</c>.</summary>
    public required string Kind { get; init; }

    public required string Id { get; init; }

    /// <summary>The deployment; empty where it is of none.</summary>
    public required string Deployment { get; init; }

    /// <summary>What documents of a kind are ordered by.</summary>
    public required DateTimeOffset At { get; set; }

    /// <summary>The record as JSON.</summary>
    public required string Document { get; set; }
}

/// <summary>A label that came for a prediction.</summary>
internal sealed class FeedbackRow
{
    public required string PredictionId { get; init; }

    public required int PredictionRow { get; init; }

    public required string Label { get; set; }

    public required DateTimeOffset PredictedAt { get; init; }

    public required DateTimeOffset ReceivedAt { get; set; }

    public FeedbackLabel ToRecord() => new(PredictionId, PredictionRow, Label, PredictedAt, ReceivedAt);
}

/// <summary>One node's minute of a deployment.</summary>
internal sealed class TrafficRow
{
    public required string Node { get; init; }

    public required string Deployment { get; init; }

    public required DateTimeOffset Minute { get; init; }

    public long Answered { get; set; }

    public long Refused { get; set; }

    public long Failed { get; set; }

    public long Rows { get; set; }

    public double P50 { get; set; }

    public double P99 { get; set; }

    public string? LoadError { get; set; }

    public long LogDropped { get; set; }

    public static TrafficRow From(TrafficMinute minute) => new()
    {
        Node = minute.Node,
        Deployment = minute.Deployment,
        Minute = minute.Minute,
        Answered = minute.Answered,
        Refused = minute.Refused,
        Failed = minute.Failed,
        Rows = minute.Rows,
        P50 = minute.P50,
        P99 = minute.P99,
        LoadError = minute.LoadError,
        LogDropped = minute.LogDropped,
    };

    public TrafficMinute ToRecord() => new(Node, Deployment, Minute, Answered, Refused, Failed, Rows, P50, P99) { LoadError = LoadError, LogDropped = LogDropped };
}
