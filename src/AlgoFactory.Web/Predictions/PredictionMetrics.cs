using System.Diagnostics.Metrics;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Serving.Prediction;

namespace AlgoFactory.Web.Predictions;

/// <summary>Counts predictions by deployment, model, version and arm: requests by outcome, rows, and seconds from the bound request to the written answer.</summary>
public sealed class PredictionMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "AlgoFactory.Predictions";

    private readonly TrafficCounter _traffic;
    private readonly Meter _meter;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _shed;
    private readonly Counter<long> _rows;
    private readonly Histogram<double> _duration;
    private readonly Counter<long> _shadowRows;
    private readonly Counter<long> _shadowMismatches;
    private readonly Counter<long> _shadowPassed;
    private readonly Histogram<double> _shadowDifference;

    /// <summary>Creates the instruments.</summary>
    public PredictionMetrics(IMeterFactory meters, TrafficCounter traffic)
    {
        _traffic = traffic;
        _meter = meters.Create(MeterName);
        _requests = _meter.CreateCounter<long>("algofactory.predictions.requests", null, "Prediction requests by deployment and outcome.");
        _shed = _meter.CreateCounter<long>("algofactory.predictions.shed", null, "Prediction requests that were turned away before their body was read, by reason.");
        _rows = _meter.CreateCounter<long>("algofactory.predictions.rows", null, "Rows predicted by deployment.");
        _duration = _meter.CreateHistogram("algofactory.predictions.duration", "s", "Seconds to answer a prediction request.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] });
        _shadowRows = _meter.CreateCounter<long>("algofactory.shadow.rows", null, "Rows that a shadow predicted too, by arm.");
        _shadowMismatches = _meter.CreateCounter<long>("algofactory.shadow.mismatched.rows", null, "Rows for which a shadow predicted something else than was answered.");
        _shadowPassed = _meter.CreateCounter<long>("algofactory.shadow.dropped", null, "Requests that a shadow did not see, by reason.");
        _shadowDifference = _meter.CreateHistogram("algofactory.shadow.difference", null, "Mean absolute difference of a request's scores between shadow and answer.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1e-6, 1e-4, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 10, 100] });
    }

    /// <summary>A request was answered.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="version">Its version.</param>
    /// <param name="arm">The arm; null where the deployment has one version.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="duration">From the bound request to the written answer.</param>
    public void Answered(string deployment, string model, string version, string? arm, int rows, TimeSpan duration)
    {
        _traffic.Answered(deployment, rows, duration);
        KeyValuePair<string, object?> name = new("deployment", deployment), of = new("model", model), which = new("version", version);
        if (arm is null)
        {
            _requests.Add(1, [name, of, which, new("outcome", "answered")]);
            _rows.Add(rows, name, of, which);
            _duration.Record(duration.TotalSeconds, name, of, which);
            return;
        }

        KeyValuePair<string, object?> part = new("arm", arm);
        _requests.Add(1, [name, of, which, part, new("outcome", "answered")]);
        _rows.Add(rows, [name, of, which, part]);
        _duration.Record(duration.TotalSeconds, [name, of, which, part]);
    }

    /// <summary>A request was refused: its rows do not fit, or it is too large. Only known deployments are named, or callers could make up series.</summary>
    public void Refused(string deployment, string model, string version)
    {
        _traffic.Refused(deployment);
        _requests.Add(1, [new("deployment", deployment), new("model", model), new("version", version), new("outcome", "refused")]);
    }

    /// <summary>A version failed, or was late.</summary>
    public void Failed(string deployment, string model, string version, string? arm)
    {
        _traffic.Failed(deployment);
        if (arm is null)
            _requests.Add(1, [new("deployment", deployment), new("model", model), new("version", version), new("outcome", "failed")]);
        else
            _requests.Add(1, [new("deployment", deployment), new("model", model), new("version", version), new("arm", arm), new("outcome", "failed")]);
    }

    /// <summary>A shadow predicted a request's rows and was compared with what was answered.</summary>
    /// <param name="deployment">The deployment.</param>
    /// <param name="model">The shadow's model.</param>
    /// <param name="version">Its version.</param>
    /// <param name="arm">The shadow's arm.</param>
    /// <param name="rows">Rows compared.</param>
    /// <param name="different">Rows whose prediction differs: another class, or a number that is not within 1e-6 of it.</param>
    /// <param name="meanDifference">The mean absolute difference of the scores: probabilities, or numbers.</param>
    public void Compared(string deployment, string model, string version, string arm, int rows, int different, double meanDifference)
    {
        ReadOnlySpan<KeyValuePair<string, object?>> labels = [new("deployment", deployment), new("model", model), new("version", version), new("arm", arm)];
        _shadowRows.Add(rows, labels);
        _shadowMismatches.Add(different, labels);
        _shadowDifference.Record(meanDifference, labels);
    }

    /// <summary>A shadow did not see a request: too many wait already, it is too large, or the shadow failed.</summary>
    public void Passed(string deployment, string arm, string reason) =>
        _shadowPassed.Add(1, new("deployment", deployment), new("arm", arm), new("reason", reason));

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
