using System.ComponentModel.DataAnnotations;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Web.Predictions;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Sends the spans of requests and of predictions to a collector, by OTLP over HTTP; those that wait when the server stops are sent then.</summary>
internal sealed class TraceExport(Uri endpoint) : IHostedService
{
    private TracerProvider? _provider;

    /// <summary>The address of the settings; null: no traces are sent.</summary>
    /// <exception cref="ValidationException">It is none.</exception>
    public static Uri? Endpoint(TelemetryOptions options) => options.OtlpEndpoint is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" ? address
        : throw new ValidationException($"AlgoFactory:Telemetry:OtlpEndpoint is '{text}', which is no address; write it like http://collector:4318/v1/traces.");

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _provider = Sdk.CreateTracerProviderBuilder()
            .ConfigureResource(r => r.AddService("algofactory"))
            .AddSource("Microsoft.AspNetCore", PredictionSpans.Source)
            .AddOtlpExporter(o => (o.Endpoint, o.Protocol) = (endpoint, OtlpExportProtocol.HttpProtobuf))
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _provider?.Dispose();
        return Task.CompletedTask;
    }
}
