using System.Diagnostics.Metrics;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>The log of predictions in numbers: rows taken and dropped, and what waits to be written.</summary>
public sealed class PredictionLogMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <summary>Creates the instruments.</summary>
    public PredictionLogMetrics(IMeterFactory meters, PredictionLog log)
    {
        _meter = meters.Create("AlgoFactory.PredictionLog");
        _meter.CreateObservableCounter("algofactory.predictionlog.rows", () => log.Logged, null, "Predicted rows that were taken to be logged.");
        _meter.CreateObservableCounter<long>("algofactory.predictionlog.dropped", () => [Dropped(log.Unplaced, "queue"), Dropped(log.Unwritten, "disk")], null, "Predicted rows that could not be logged: too many waited, or the disk could not be written.");
        _meter.CreateObservableGauge("algofactory.predictionlog.queue", () => log.QueuedBytes, "By", "Memory of rows that wait to be written.");
    }

    private static Measurement<long> Dropped(long rows, string reason) => new(rows, new KeyValuePair<string, object?>("reason", reason));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
