using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>What is logged, as the service's settings and a deployment's own say.</summary>
public static class LogPolicies
{
    /// <summary>What deployments log that have no settings of their own.</summary>
    public static LogPolicy Default(PredictionLogSettings settings) => new()
    {
        Share = settings.Enabled ? settings.Share : 0,
        Masked = [.. settings.Masked],
        Texts = settings.Texts,
    };

    /// <summary>What a deployment logs: its own settings can mask more than the service's, never less.</summary>
    public static LogPolicy Of(MonitorSettings? own, PredictionLogSettings settings) => own?.Log is not { } log
        ? Default(settings)
        : log with { Share = settings.Enabled ? log.Share : 0, Masked = [.. settings.Masked.Union(log.Masked, StringComparer.OrdinalIgnoreCase)] };

    /// <summary>The policies of the deployments that have settings of their own.</summary>
    public static IReadOnlyDictionary<string, LogPolicy> Of(IReadOnlyDictionary<string, MonitorSettings> own, PredictionLogSettings settings) =>
        own.Where(s => s.Value.Log is not null).ToDictionary(s => s.Key, s => Of(s.Value, settings), StringComparer.Ordinal);
}
