using System.Collections.Immutable;
using System.Text.Json;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Components.Monitoring;

/// <summary>A signal in the words and units of the pages.</summary>
/// <param name="Signal">The signal.</param>
/// <param name="Words">What it is.</param>
/// <param name="Unit">What its threshold is counted in.</param>
/// <param name="Scale">What one of these is for the settings.</param>
/// <param name="Usual">The threshold that is offered, in these units; null: none.</param>
/// <param name="Minutes">The minutes that are offered.</param>
/// <param name="NeedsMetric">Whether a metric must be named.</param>
public sealed record SignalText(AlertSignal Signal, string Words, string Unit, double Scale, double? Usual = null, int Minutes = 0, bool NeedsMetric = false)
{
    /// <summary>All signals, the usual ones first.</summary>
    public static ImmutableArray<SignalText> All { get; } =
    [
        new(AlertSignal.Drift, "Drift", "columns", 1, 1),
        new(AlertSignal.ErrorRate, "Failed requests", "%", 0.01, 5, 5),
        new(AlertSignal.Latency, "Slowest 1 % of requests", "ms", 0.001, 500),
        new(AlertSignal.Metric, "Live metric", "", 1, NeedsMetric: true),
        new(AlertSignal.ExpectedMetric, "Expected metric", "", 1, NeedsMetric: true),
        new(AlertSignal.LoadFailure, "A version cannot be loaded", "servers", 1, 1),
        new(AlertSignal.DiskFree, "Little room on the disk", "GiB left", 1L << 30, 1),
        new(AlertSignal.LogDropped, "Rows that were not logged", "rows", 1, 1),
        new(AlertSignal.TurnedAway, "Requests turned away", "%", 0.01, 5, 5),
        new(AlertSignal.Memory, "Memory in use", "%", 0.01, 90, 5),
        new(AlertSignal.Cpu, "Busy cores", "%", 0.01, 90, 15),
        new(AlertSignal.GcPause, "Pauses to free memory", "%", 0.01, 10, 5),
        new(AlertSignal.Queue, "Work that waits for a thread", "on average", 1, 100, 5),
        new(AlertSignal.JobsWaiting, "Batches and experiments that wait", "jobs", 1, 10, 30),
    ];

    /// <summary>Its name in the API.</summary>
    public string Name { get; } = JsonSerializer.SerializeToElement(Signal).GetString()!;

    /// <summary>The text of a signal.</summary>
    public static SignalText Of(AlertSignal signal) => All.First(t => t.Signal == signal);
}
