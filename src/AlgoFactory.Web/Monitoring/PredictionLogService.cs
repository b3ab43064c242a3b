using AlgoFactory.Hosting.Options;
using AlgoFactory.Serving.Monitoring;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Monitoring;

/// <summary>Writes the log of predictions every few seconds, and what is left when the server stops.</summary>
public sealed class PredictionLogService(PredictionLog log, LogParts parts, DataFolders folders, AlgoFactoryOptions options, TimeProvider clock, ILogger<PredictionLogService> logger)
    : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private const long FullBelow = 1 << 20;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private volatile string? _fault;

    /// <summary>Why the last rows could not be written, in words that anyone may read; null: they were.</summary>
    public string? Fault => _fault;

    /// <summary>Writes what waits, now.</summary>
    /// <exception cref="IOException">The disk cannot be written.</exception>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation);
        try
        {
            await Task.Run(() => log.Flush(parts), CancellationToken.None);
            _fault = null;
        }
        catch (Exception e)
        {
            _fault = e is IOException io && (DiskFull.Is(io) || IsFull()) ? "its disk is full" : "it cannot be written; the server's log tells more";
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryFlushAsync(CancellationToken.None);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _writing.Dispose();
        base.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, clock);
        var due = clock.GetUtcNow().AddSeconds(options.PredictionLog.FlushSeconds);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (clock.GetUtcNow() < due && !log.IsFilling)
                    continue;
                await TryFlushAsync(stoppingToken);
                due = clock.GetUtcNow().AddSeconds(options.PredictionLog.FlushSeconds);
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops; what is left is written then.
        }
    }

    // The Parquet writer does not say why it could not write.
    private bool IsFull() => Directory.Exists(folders.PredictionLog) && new DriveInfo(folders.PredictionLog).AvailableFreeSpace < FullBelow;

    private async Task TryFlushAsync(CancellationToken cancellation)
    {
        try
        {
            await FlushAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Any fault: what leaves this method stops the server, and answers must go on without their log.
            logger.LogError(e, "Predictions could not be logged; their rows are dropped ({Dropped} since the start)", log.Dropped);
        }
    }
}
