using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Metrics, traces and the node's sync with the store.</summary>
internal static class MonitoringRegistration
{
    public static IServiceCollection AddMonitoring(this IServiceCollection services, AlgoFactoryOptions options)
    {
        services.AddMetrics();
        services.AddSingleton<PrometheusExporter>();
        services.AddSingleton<NodeSync>();
        services.AddHostedService(s => s.GetRequiredService<NodeSync>());
        services.AddSingleton<PredictionIds>();
        services.AddSingleton(new PredictionLogOptions
        {
            Enabled = options.PredictionLog.Enabled,
            QueueBytes = (long)options.PredictionLog.QueueMiB << 20,
            Policy = LogPolicies.Default(options.PredictionLog),
        });
        services.AddSingleton<PredictionLog>();
        services.AddSingleton<PredictionLogMetrics>();
        services.AddSingleton<PoolMetrics>();
        services.AddSingleton<DiskMetrics>();
        services.AddSingleton<MemoryMetrics>();
        services.AddSingleton<NodeLoad>();
        services.AddSingleton<MonitoringService>();
        services.AddSingleton<TrafficCounter>();
        services.AddSingleton<TrafficService>();
        services.AddHostedService(s => s.GetRequiredService<TrafficService>());
        services.AddSingleton<PredictionLogService>();
        services.AddHostedService(s => s.GetRequiredService<PredictionLogService>());
        if (TraceExport.Endpoint(options.Telemetry) is { } endpoint)
            services.AddHostedService(_ => new TraceExport(endpoint));
        return services;
    }
}
