using System.Diagnostics.Metrics;
using System.Globalization;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Monitoring;

/// <summary>What this node has loaded, by deployment and version, and the requests in flight.</summary>
public sealed class PoolMetrics : IDisposable
{
    private readonly Meter _meter;

    /// <summary>Creates the instruments.</summary>
    public PoolMetrics(IMeterFactory meters, PredictionEnginePool pool, AdmissionControl admission)
    {
        _meter = meters.Create("AlgoFactory.Pool");
        _meter.CreateObservableGauge("algofactory.models.leases", () => pool.List().Select(s => new Measurement<int>(
            s.Leases, new("deployment", s.Deployment), new("model", s.Version.Name), new("version", s.Version.Version.ToString(CultureInfo.InvariantCulture)))),
            null, "Requests in flight on the versions that are loaded; a series a loaded version.");
        _meter.CreateObservableGauge("algofactory.models.memory", () => pool.Loaded(), "By", "What the loaded models take, about.");
        _meter.CreateObservableCounter<long>("algofactory.models.loads", () => [Loads(pool.Woken, "woken"), Loads(pool.WakesFailed, "failed")], null, "Sleeping models that a request had loaded, by outcome.");
        _meter.CreateObservableGauge("algofactory.predictions.inflight", () => admission.InFlight, null, "Prediction requests in flight.");
    }

    private static Measurement<long> Loads(long count, string outcome) => new(count, new KeyValuePair<string, object?>("outcome", outcome));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
