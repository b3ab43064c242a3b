using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Monitoring;

/// <summary>Keeps the log small, hour by hour: joins its parts, and removes what is past its retention or beyond its size, with labels, minutes and reports.</summary>
internal sealed class MonitoringUpkeep(
    LogParts parts, IMonitoringStore store, IFeedbackStore feedback, ITrafficStore traffic, INodeMinuteStore nodes, AlgoFactoryOptions options, TimeProvider clock, ILogger<MonitoringUpkeep> log)
{
    private const int ReportDays = 90;
    private const int TrafficDays = 14;

    /// <summary>Does what is due.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var days = options.PredictionLog.Days;
        try
        {
            parts.Join(cancellation);
            if (parts.Remove(days > 0 ? now.AddDays(-days) : DateTimeOffset.MinValue, options.PredictionLog.MaxBytes) is > 0 and var removed)
                log.LogInformation("Removed {Count} parts of the log of predictions, which are past their retention", removed);
        }
        catch (IOException e)
        {
            log.LogError(e, "The log of predictions could not be tidied");
        }

        // A label of a prediction that is no longer logged measures nothing.
        if (days > 0)
            await feedback.DeleteBeforeAsync(now.AddDays(-Math.Max(days, options.Monitoring.FeedbackDays)), cancellation).ConfigureAwait(false);
        await traffic.DeleteBeforeAsync(now.AddDays(-TrafficDays), cancellation).ConfigureAwait(false);
        await nodes.DeleteBeforeAsync(now.AddDays(-TrafficDays), cancellation).ConfigureAwait(false);
        await store.DeleteBeforeAsync(now.AddDays(-ReportDays), cancellation).ConfigureAwait(false);
    }
}
