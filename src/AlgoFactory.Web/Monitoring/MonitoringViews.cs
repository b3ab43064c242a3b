using System.Collections.Immutable;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>What is known of a deployment by watching it.</summary>
/// <param name="Deployment">The deployment.</param>
/// <param name="Settings">How it is watched.</param>
/// <param name="Report">The live version's newest drift report on a window of time; null: none yet.</param>
/// <param name="Live">Its metrics on labelled predictions; null: none yet.</param>
/// <param name="Alerts">Its newest alerts, the newest first.</param>
/// <param name="Retrainings">Its newest retrainings, the newest first.</param>
/// <param name="Traffic">What nodes answered in the last hour.</param>
public sealed record MonitoringView(
    string Deployment, MonitorSettings Settings, DriftReport? Report, LiveMetrics? Live, ImmutableArray<Alert> Alerts, ImmutableArray<Retraining> Retrainings, TrafficView Traffic)
{
    /// <summary>The live version's newest drift report on a window of the newest rows; null: none yet, or the settings have no such windows.</summary>
    public DriftReport? RowsReport { get; init; }
}

/// <summary>Requests of a time.</summary>
/// <param name="Answered">Requests answered.</param>
/// <param name="Refused">Requests refused by the callers' fault.</param>
/// <param name="Failed">Requests failed by the server's fault.</param>
/// <param name="Rows">Rows predicted.</param>
/// <param name="P99">The worst minute's 99th percentile of the seconds to answer; 0: none was answered.</param>
public sealed record TrafficView(long Answered, long Refused, long Failed, long Rows, double P99)
{
    /// <summary>Rows that were to be logged and could not.</summary>
    public long LogDropped { get; init; }

    /// <summary>The sum of minutes.</summary>
    public static TrafficView Of(ImmutableArray<TrafficMinute> minutes) => new(
        minutes.Sum(m => m.Answered), minutes.Sum(m => m.Refused), minutes.Sum(m => m.Failed), minutes.Sum(m => m.Rows), minutes.Select(m => m.P99).DefaultIfEmpty(0).Max())
    {
        LogDropped = minutes.Sum(m => m.LogDropped),
    };
}

/// <summary>For how long nobody is told of an alert.</summary>
/// <param name="Hours">Hours from now on; 0: tell again.</param>
public sealed record SilenceRequest(double Hours);
