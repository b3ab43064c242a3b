using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;

namespace AlgoFactory.Web.Monitoring;

/// <summary>
/// Brings this node in line with the store, at start and every few seconds: the deployments it serves, and the keys that
/// another process (another node, or a command on the host) made or revoked.
/// </summary>
public sealed class NodeSync(DeploymentService deployments, KeyService keys, TimeProvider clock, ILogger<NodeSync> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(3);

    /// <summary>Whether all deployments were loaded once (or have been seen to fail).</summary>
    public bool HasLoadedDeployments { get; private set; }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            try
            {
                await deployments.SyncAsync(stoppingToken);
                HasLoadedDeployments = true;
                await keys.RefreshAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogError(e, "The deployments and keys cannot be read; what serves goes on");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
