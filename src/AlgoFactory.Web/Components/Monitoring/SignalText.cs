using System.Collections.Immutable;
using System.Text.Json;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Components.Monitoring;

/// <summary>A signal in the words and units of the pages.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="Words">What it is.</param>
/// <param name="Unit">What its threshold is counted in.</param>
/// <param name="Scale">What one of these is for the settings.</param>
/// <param name="NeedsMetric">Whether a metric must be named.</param>
public sealed record SignalText(AlertSignal Signal, string Words, string Unit, double Scale, bool NeedsMetric = false)
{
    /// <summary>All signals, the usual ones first.</summary>
    public static ImmutableArray<SignalText> All { get; } =
    [
        new(AlertSignal.Drift, "Drift", "columns", 1),
        new(AlertSignal.ErrorRate, "Failed requests", "%", 0.01),
        new(AlertSignal.Latency, "Slowest 1 % of requests", "ms", 0.001),
        new(AlertSignal.Metric, "Live metric", "", 1, NeedsMetric: true),
        new(AlertSignal.ExpectedMetric, "Expected metric", "", 1, NeedsMetric: true),
        new(AlertSignal.LoadFailure, "A version cannot be loaded", "servers", 1),
        new(AlertSignal.DiskFree, "Little room on the disk", "GiB left", 1L << 30),
        new(AlertSignal.LogDropped, "Rows that were not logged", "rows", 1),
    ];

    /// <summary>Its name in the API.</summary>
    public string Name { get; } = JsonSerializer.SerializeToElement(Signal).GetString()!;

    /// <summary>The text of a signal.</summary>
    public static SignalText Of(AlertSignal signal) => All.First(t => t.Signal == signal);
}
