using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>What is known of a deployment when its alerts are looked at.</summary>
/// <param name="Deployment">The deployment.</param>
/// <param name="Model">The model that serves it.</param>
/// <param name="Version">Its version.</param>
/// <param name="Task">Its task; null: not known.</param>
/// <param name="Reports">The version's newest drift reports, one of each kind of window.</param>
/// <param name="Live">Its live metrics, or null.</param>
/// <param name="Minutes">What nodes answered in the last minutes.</param>
/// <param name="Server">What it shares with all others.</param>
internal sealed record DeploymentState(
    string Deployment, string Model, int Version, TaskKind? Task, ImmutableArray<DriftReport> Reports, LiveMetrics? Live, ImmutableArray<TrafficMinute> Minutes, ServerState Server);

/// <summary>Reads the signals of rules.</summary>
internal static class AlertSignals
{
    /// <summary>The minutes that rates are taken over.</summary>
    public static readonly TimeSpan RecentMinutes = TimeSpan.FromMinutes(5);

    /// <summary>Below this many requests a share of failed ones says nothing.</summary>
    private const int FewestRequests = 20;

    /// <summary>A live metric of fewer rows says nothing.</summary>
    private const int FewestLabels = 100;

    /// <summary>The reading of a rule; null: nothing is known now.</summary>
    public static SignalReading? Read(AlertRule rule, DeploymentState state) => rule.Signal switch
    {
        AlertSignal.Drift => Drift(rule, state),
        AlertSignal.ErrorRate => ErrorRate(rule, state),
        AlertSignal.Latency => Latency(rule, state),
        AlertSignal.LoadFailure => LoadFailure(rule, state),
        AlertSignal.LogDropped => LogDropped(rule, state),
        AlertSignal.Metric => Metric(rule, state, state.Live?.Groups.FirstOrDefault(g => g.Model == state.Model && g.Version == state.Version && g.Segment is null && g.Rows >= FewestLabels)?.Metrics, "of the labelled predictions is"),
        AlertSignal.ExpectedMetric => Metric(rule, state, Current(state).MaxBy(r => r.Until)?.Expected, "is expected to be"),
        _ => ServerSignals.Read(rule, state.Server),
    };

    private static SignalReading? Drift(AlertRule rule, DeploymentState state)
    {
        if (Current(state).MaxBy(Drifting) is not { } report)
            return null;
        var moved = report.Columns.Where(c => c.HasDrifted).Select(c => c.Column == DriftReport.Prediction ? "the predictions" : $"'{c.Column}'").ToArray();
        var count = Drifting(report);
        var what = moved.Length switch
        {
            0 => "the rows as a whole",
            <= 4 => string.Join(", ", moved),
            _ => string.Join(", ", moved.Take(3)) + $" and {moved.Length - 3} more",
        };
        return new SignalReading(
            count >= rule.Threshold, count,
            $"The rows sent to '{state.Deployment}' differ from those that version {state.Version} was trained on: {what}. See whether the source of the data changed; if not, train on newer rows.");
    }

    private static int Drifting(DriftReport report) => report.Columns.Count(c => c.HasDrifted) + (report.IsDomainDrift ? 1 : 0);

    /// <summary>Where callers have become few, windows of time end, and their last one tells nothing of the rows that came since.</summary>
    private static IEnumerable<DriftReport> Current(DeploymentState state) =>
        state.Reports.Where(r => state.Reports.Max(o => o.Until) - r.Until < TimeSpan.FromDays(1));

    private static SignalReading? ErrorRate(AlertRule rule, DeploymentState state)
    {
        var (failed, all) = (state.Minutes.Sum(m => m.Failed), state.Minutes.Sum(m => m.Answered + m.Failed));
        if (all < FewestRequests)
            return all == 0 ? null : new SignalReading(false, 0, "");
        var share = (double)failed / all;
        return new SignalReading(share >= rule.Threshold, share, string.Create(
            CultureInfo.InvariantCulture, $"'{state.Deployment}' failed {failed} of {all} requests in the last minutes ({share:P1}). The server's log says why; roll back if the version is new."));
    }

    private static SignalReading? Latency(AlertRule rule, DeploymentState state)
    {
        var served = state.Minutes.Where(m => m.Answered > 0).ToArray();
        if (served.Length == 0)
            return null;
        var worst = served.Max(m => m.P99);
        return new SignalReading(worst >= rule.Threshold, worst, string.Create(
            CultureInfo.InvariantCulture, $"'{state.Deployment}' takes {worst * 1000:F1} ms for the slowest hundredth of its requests, where {rule.Threshold * 1000:F1} ms are the limit. Look at the load and at what changed last."));
    }

    private static SignalReading? LoadFailure(AlertRule rule, DeploymentState state)
    {
        var newest = state.Minutes.GroupBy(m => m.Node).Select(g => g.MaxBy(m => m.Minute)!).Where(m => m.LoadError is not null).ToArray();
        return new SignalReading(newest.Length >= rule.Threshold, newest.Length, newest.Length == 0 ? ""
            : $"{newest.Length} of the nodes cannot serve what '{state.Deployment}' should: {newest[0].LoadError} What served before goes on.");
    }

    private static SignalReading? LogDropped(AlertRule rule, DeploymentState state)
    {
        var rows = state.Minutes.Sum(m => m.LogDropped);
        return new SignalReading(rows >= rule.Threshold, rows, string.Create(
            CultureInfo.InvariantCulture, $"{rows:N0} predicted rows of '{state.Deployment}' were not logged in the last minutes: the disk did not take them (/readyz and the server's log say why), or more came than PredictionLog:QueueMiB holds. Drift and live metrics do not know of them."));
    }

    private static SignalReading? Metric(AlertRule rule, DeploymentState state, ImmutableSortedDictionary<string, double>? metrics, string verb)
    {
        if (rule.Metric is not { } name || state.Task is not { } task || metrics is null || !metrics.TryGetValue(name, out var value))
            return null;
        var higherIsBetter = MetricCatalog.For(task).FirstOrDefault(m => m.Name == name)?.HigherIsBetter ?? true;
        return new SignalReading(higherIsBetter ? value <= rule.Threshold : value >= rule.Threshold, value, string.Create(
            CultureInfo.InvariantCulture, $"The {name} of '{state.Deployment}', version {state.Version}, {verb} {value:G4}, where {rule.Threshold:G4} is the limit. Train on newer rows, or roll back if the version is new."));
    }
}
