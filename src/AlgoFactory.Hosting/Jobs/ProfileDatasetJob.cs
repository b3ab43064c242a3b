using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;
using Microsoft.Extensions.Logging;
using Quartz;

namespace AlgoFactory.Hosting.Jobs;

/// <summary>Reads an uploaded file and stores its schema and profile.</summary>
internal sealed class ProfileDatasetJob(
    IDatasetStore datasets,
    DataFolders folders,
    AlgoFactoryOptions options,
    ProfileAttempts attempts,
    ILogger<ProfileDatasetJob> log) : IJob
{
    /// <summary>A file that ends the worker this often is not tried again, or it would do so for ever.</summary>
    private const int MaxAttempts = 2;

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var id = context.MergedJobDataMap.GetString(JobQueue.Id)!;
        if (await datasets.FindAsync(id, cancellationToken) is not { State: DatasetState.Profiling } dataset)
            return;
        if (attempts.Begin(id) > MaxAttempts)
        {
            await FailAsync(dataset, "Reading the file ended the worker process, most likely because it ran out of memory. Split the file, or give the worker more (AlgoFactory:Worker:MemoryMiB).", cancellationToken);
            attempts.End(id);
            return;
        }

        try
        {
            var description = Describe(dataset, cancellationToken);
            await datasets.UpdateAsync(dataset with { State = DatasetState.Ready, Description = description }, cancellationToken);
            log.LogInformation("Profiled data set {Id}: {Rows} rows", id, description.Profile.RowCount);
        }
        catch (DataFormatException e)
        {
            await FailAsync(dataset, e.Message, cancellationToken);
        }
        catch (Exception e) when (e is OutOfMemoryException or IOException or UnauthorizedAccessException)
        {
            log.LogError(e, "Data set {Id} could not be read", id);
            await FailAsync(dataset, e is OutOfMemoryException
                ? "Reading the file needs more memory than the worker has (AlgoFactory:Worker:MemoryMiB). Split the file, or give the worker more."
                : "The stored file could not be read from the server's disk; its log tells more. Upload it again.", cancellationToken);
        }

        attempts.End(id);
    }

    private TableDescription Describe(DatasetRecord dataset, CancellationToken cancellation)
    {
        using var source = DataSource.Open(folders.UploadPath(dataset.FileName), WorkerReadOptions.Of(options, folders));
        return source.Describe(cancellation);
    }

    private async Task FailAsync(DatasetRecord dataset, string error, CancellationToken cancellation)
    {
        await datasets.UpdateAsync(dataset with { State = DatasetState.Failed, Error = error }, cancellation);
        log.LogWarning("Data set {Id} failed: {Error}", dataset.Id, error);
    }
}

/// <summary>Counts how often the reading of a file was begun and not ended, on disk, since the counter itself must survive.</summary>
internal sealed class ProfileAttempts(DataFolders folders)
{
    /// <summary>Notes another attempt and returns its number, from 1.</summary>
    public int Begin(string id)
    {
        File.AppendAllText(Path(id), "x");
        return (int)new FileInfo(Path(id)).Length;
    }

    /// <summary>The attempt ended, well or not.</summary>
    public void End(string id) => File.Delete(Path(id));

    private string Path(string id) => System.IO.Path.Combine(folders.Incoming, id + ".attempts");
}
