using System.Diagnostics.Metrics;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Predictions;

/// <summary>Counts predictions by deployment: requests by outcome, rows, and seconds from the bound request to the written answer.</summary>
public sealed class PredictionMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "AlgoFactory.Predictions";

    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _rows;
    private readonly Histogram<double> _duration;

    /// <summary>Creates the instruments.</summary>
    public PredictionMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _requests = _meter.CreateCounter<long>("algofactory.predictions.requests", null, "Prediction requests by deployment and outcome.");
        _shed = _meter.CreateCounter<long>("algofactory.predictions.shed", null, "Prediction requests that were turned away before their body was read, by reason.");
        _rows = _meter.CreateCounter<long>("algofactory.predictions.rows", null, "Rows predicted by deployment.");
        _duration = _meter.CreateHistogram("algofactory.predictions.duration", "s", "Seconds to answer a prediction request.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });
    }

    /// <summary>A request was answered.</summary>
    public void Answered(string deployment, int rows, TimeSpan duration)
    {
        var tag = new KeyValuePair<string, object?>("deployment", deployment);
        _requests.Add(1, tag, new("outcome", "answered"));
        _rows.Add(rows, tag);
        _duration.Record(duration.TotalSeconds, tag);
    }

    /// <summary>A request was refused: its rows do not fit, or it is too large. Only known deployments are named, or callers could make up series.</summary>
    public void Refused(string deployment) => _requests.Add(1, new("deployment", deployment), new("outcome", "refused"));

    /// <summary>A request was turned away: too many at once, or too fast.</summary>
    public void Shed(AdmissionOutcome reason) => _shed.Add(1, new KeyValuePair<string, object?>("reason", reason switch
    {
        AdmissionOutcome.ServerBusy => "server-busy",
        AdmissionOutcome.KeyBusy => "key-busy",
        _ => "too-fast",
    }));

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();
}
