using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Deployments;
using AlgoFactory.Serving.Rollouts;

namespace AlgoFactory.Web.Monitoring;

/// <summary>
/// Brings this node in line with the store, at start, when a change is told and every few seconds: the deployments it serves, and
/// the keys that another process (another node, or a command on the host) made or revoked. Tells the other nodes what it serves.
/// </summary>
public sealed class NodeSync(
    DeploymentService deployments, RolloutService rollouts, KeyService keys, IDeploymentSignal signal, AlgoFactoryOptions options, TimeProvider clock,
    ILogger<NodeSync> log) : BackgroundService
{
    // With several nodes the net under what is told; alone, what a command on the host may change.
    private readonly TimeSpan _interval = options.Database.IsPostgreSql ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(3);

    /// <summary>Whether all deployments were loaded once (or have been seen to fail).</summary>
    public bool HasLoadedDeployments { get; private set; }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync("This node's report cannot be taken back", deployments.LeaveAsync, cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var steps = RunRolloutsAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync("The deployments and keys cannot be read; what serves goes on", SyncAsync, stoppingToken);
            try
            {
                await signal.WaitAsync(_interval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
        }

        await steps;
    }

    private async Task SyncAsync(CancellationToken cancellation)
    {
        await deployments.SyncAsync(cancellation);
        HasLoadedDeployments = true;
        await deployments.ReportAsync(cancellation);
        await keys.RefreshAsync(cancellation);
    }

    // Beside the sync: a step loads models, and changes of other nodes shall not wait for that.
    private async Task RunRolloutsAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellation))
                await TryAsync("The steps of rollouts cannot be taken; what serves goes on", rollouts.RunAsync, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The server stops.
        }
    }

    private async Task TryAsync(string otherwise, Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await work(cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            // Any fault: what leaves this service stops the server, and what serves must go on without its store.
            log.LogError(e, "{Otherwise}", otherwise);
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }
}
