using System.Diagnostics;
using AlgoFactory.Hosting.Options;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>
/// Keeps one worker process running beside the server: started with the server, started again with growing delays when it
/// dies, ended with the server.
/// </summary>
public sealed class WorkerSupervisor(
    AlgoFactoryOptions options,
    DataFolders folders,
    ExperimentRecovery recovery,
    IHostApplicationLifetime lifetime,
    TimeProvider clock,
    ILogger<WorkerSupervisor> log) : BackgroundService
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);

    /// <summary>A worker that lived this long was healthy: the next one starts without a delay.</summary>
    private static readonly TimeSpan Healthy = TimeSpan.FromMinutes(1);

    private volatile Process? _worker;

    /// <summary>The worker's process id, or null while none runs.</summary>
    public int? WorkerId => _worker?.Id;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        var delay = FirstDelay;
        while (!stoppingToken.IsCancellationRequested)
        {
            var started = clock.GetTimestamp();
            try
            {
                await RunWorkerAsync(stoppingToken);
                if (stoppingToken.IsCancellationRequested)
                    return;
                await recovery.RunAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // What leaves this method stops the server. Neither a full disk nor a broken database nor a machine that
                // starts no more processes is a reason to stop answering; the fault is logged and tried again.
                log.LogError(e, "The worker cannot be kept running; the server goes on and tries again");
            }

            delay = clock.GetElapsedTime(started) > Healthy ? FirstDelay : delay;
            await Task.Delay(delay, clock, stoppingToken);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    // The server answers first: its worker would take the start's processor time from it.
    private async Task StartedAsync(CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lifetime.ApplicationStarted);
        await Task.Delay(Timeout.InfiniteTimeSpan, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunWorkerAsync(CancellationToken stopping)
    {
        using var worker = Start();
        _worker = worker;
        try
        {
            await WaitAsync(worker, stopping);
            if (!stopping.IsCancellationRequested)
                log.LogError("The worker (process {Id}) ended with code {Code}; the server goes on and starts another", worker.Id, worker.ExitCode);
        }
        finally
        {
            _worker = null;
        }
    }

    private Process Start()
    {
        var start = OwnProgram.Start("worker", "--supervised");
        start.RedirectStandardInput = true;
        foreach (var (name, value) in WorkerLimits.Environment(options.Worker))
            start.Environment[name] = value;
        foreach (var (name, value) in WorkerSettings.Environment(options, folders))
            start.Environment[name] = value;
        var worker = Process.Start(start) ?? throw new InvalidOperationException("The worker process could not be started.");
        log.LogInformation("Started the worker as process {Id}", worker.Id);
        return worker;
    }

    private static async Task WaitAsync(Process worker, CancellationToken stopping)
    {
        try
        {
            await worker.WaitForExitAsync(stopping);
        }
        catch (OperationCanceledException)
        {
            // Closing its input asks it to stop; it kills itself when that takes too long.
            worker.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                await worker.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                worker.Kill(entireProcessTree: true);
                await worker.WaitForExitAsync(CancellationToken.None);
            }
        }
    }
}
