using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Looks for what dead processes left now and then, also on other machines, which nobody here sees dying.</summary>
internal sealed class RecoveryService(ExperimentRecovery recovery, TimeProvider clock, ILogger<RecoveryService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await recovery.RunAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogError(e, "The experiments could not be looked through; it is tried again");
            }
        }
    }
}
