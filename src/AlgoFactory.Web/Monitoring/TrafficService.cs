using System.Security.Cryptography;
using AlgoFactory.Hosting.Monitoring;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Monitoring;

namespace AlgoFactory.Web.Monitoring;

/// <summary>
/// Every minute: stores what this node answered, what it could not load and what it could not log, how it fared, and takes over the deployments' own settings of the log.
/// </summary>
public sealed class TrafficService(
    TrafficCounter counter, ITrafficStore store, NodeLoad load, INodeMinuteStore nodes, IMonitoringStore monitoring, DeploymentService deployments, PredictionLog log, PredictionIds ids,
    AlgoFactoryOptions options, TimeProvider clock, ILogger<TrafficService> logger) : BackgroundService
{
    private const string IdKey = "prediction-ids";

    private readonly string _node = $"{Environment.MachineName}:{Environment.ProcessId}";
    private readonly Dictionary<string, long> _storedDrops = new(StringComparer.Ordinal);
    private bool _hasKey;

    /// <summary>Takes over the key of ids and the settings of the log: before the first request, and now and then.</summary>
    public async Task RefreshAsync(CancellationToken cancellation)
    {
        if (!_hasKey)
            ids.Use(await monitoring.SecretAsync(IdKey, RandomNumberGenerator.GetBytes(PredictionIds.KeyBytes), cancellation));
        _hasKey = true;
        log.Use(LogPolicies.Of(await monitoring.SettingsAsync(cancellation), options.PredictionLog));
    }

    /// <summary>Stores what was counted since the last call.</summary>
    public async Task StoreAsync(CancellationToken cancellation)
    {
        var minute = Minute(clock.GetUtcNow());
        var taken = counter.Take(_node, minute).ToDictionary(t => t.Deployment, StringComparer.Ordinal);
        TrafficMinute Of(string deployment) => taken.GetValueOrDefault(deployment, new TrafficMinute(_node, deployment, minute, 0, 0, 0, 0, 0, 0));
        foreach (var status in await deployments.ListAsync(cancellation))
            if (status.Error is { } error)
                taken[status.Deployment.Name] = Of(status.Deployment.Name) with { LoadError = error };
        var drops = log.DroppedByDeployment;
        foreach (var (deployment, rows) in drops)
            if (rows - _storedDrops.GetValueOrDefault(deployment) is > 0 and var more)
                taken[deployment] = Of(deployment) with { LogDropped = more };
        if (taken.Count > 0)
            await store.AddAsync([.. taken.Values], cancellation);
        // Where the disk is full the store may be, too: what it has not taken is told of with the next minute.
        foreach (var (deployment, rows) in drops)
            _storedDrops[deployment] = rows;
        if (load.Take(_node, minute) is { } fared)
            await nodes.AddAsync(fared, cancellation);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        load.Start();
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                await TryAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private async Task TryAsync(CancellationToken cancellation)
    {
        try
        {
            await RefreshAsync(cancellation);
            await StoreAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Any fault: what leaves this method stops the server.
            logger.LogError(e, "What this node answered could not be stored");
        }
    }

    private static DateTimeOffset Minute(DateTimeOffset at) => DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds() / 60 * 60);
}
