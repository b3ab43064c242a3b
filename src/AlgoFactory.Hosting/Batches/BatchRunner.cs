using AlgoFactory.Data;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Serving.Registry;
using Microsoft.Extensions.Logging;

namespace AlgoFactory.Hosting.Batches;

/// <summary>Runs a batch, or runs it on behind the parts that are there.</summary>
public sealed class BatchRunner(
    BatchStore store, ModelRegistry registry, IDatasetStore datasets, DataFolders folders, AlgoFactoryOptions options, TimeProvider clock, ILogger<BatchRunner> log)
{
    /// <summary>Rows of a part: what an ended run has to score again at most.</summary>
    private const int PartRows = 1 << 18;

    /// <summary>A batch that ends the worker this often is not tried again, or it would do so for ever.</summary>
    private const int MaxAttempts = 3;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs the batch if it waits, or if its worker has died.</summary>
    /// <param name="id">The batch.</param>
    /// <param name="takeOver">Whether the job store has found its worker dead, on another machine maybe.</param>
    /// <param name="cancellation">The worker stops: the batch is interrupted.</param>
    public async Task RunAsync(string id, bool takeOver, CancellationToken cancellation)
    {
        if (store.Find(id) is not { } batch || !(batch.State is BatchState.Queued or BatchState.Interrupted || takeOver && batch.State == BatchState.Running))
            return;
        if (batch.Attempts >= MaxAttempts)
        {
            End(batch, BatchState.Failed, "Scoring the file ended the worker process again and again, most likely because it ran out of memory. Give it more (AlgoFactory:Worker:MemoryMiB), and resume.");
            return;
        }

        batch = batch with { State = BatchState.Running, Worker = ProcessIdentity.Current, StartedAt = batch.StartedAt ?? clock.GetUtcNow(), Attempts = batch.Attempts + 1, Error = null };
        store.Save(batch);
        using var run = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        try
        {
            var file = await InputAsync(batch, cancellation);
            var report = await Task.Run(() => Score(batch, file, run), CancellationToken.None);
            End(batch with { Rows = report.Rows, Errors = report.Errors, Warnings = report.Warnings }, BatchState.Succeeded, null);
            log.LogInformation("Batch {Id}: {Rows} rows scored", id, report.Rows);
        }
        catch (OperationCanceledException)
        {
            End(Latest(batch), cancellation.IsCancellationRequested ? BatchState.Interrupted : BatchState.Cancelled, null);
        }
        catch (Exception e) when (e is DataFormatException or LearningException or ArtefactFormatException or RegistryException or UsageException)
        {
            End(Latest(batch), BatchState.Failed, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or OutOfMemoryException)
        {
            log.LogError(e, "Batch {Id} failed", id);
            End(Latest(batch), BatchState.Failed, e is OutOfMemoryException
                ? "Scoring the file needs more memory than the worker has (AlgoFactory:Worker:MemoryMiB)."
                : "The server's disk is full or cannot be used; its log tells more. Make room, and resume.");
        }
    }

    private PredictionReport Score(BatchRecord batch, string file, CancellationTokenSource run)
    {
        var model = registry.Open(batch.Model, batch.Version, batch.Hash);
        var told = clock.GetTimestamp();
        var progress = new Told(made =>
        {
            if (clock.GetElapsedTime(told) < Look)
                return;
            told = clock.GetTimestamp();
            store.Save(batch with { Rows = made.Rows, Errors = made.Errors });
            if (store.IsCancelRequested(batch.Id))
                run.Cancel();
        });
        try
        {
            return PredictFile.RunInParts(
                model, file, WorkerReadOptions.Of(options, folders), store.Parts(batch.Id), store.Output(batch), batch.Options, progress, PartRows, run.Token);
        }
        finally
        {
            // Models over native memory own more than the collector sees.
            foreach (var member in model.Predictor.Members)
                member.Release();
        }
    }

    private async Task<string> InputAsync(BatchRecord batch, CancellationToken cancellation)
    {
        if (batch.Dataset is null)
            return Path.Combine(store.Folder(batch.Id), batch.Input ?? "");
        var dataset = await datasets.FindAsync(batch.Dataset, cancellation) ?? throw new DataFormatException("The batch's data set has been deleted.");
        return folders.UploadPath(dataset.FileName);
    }

    // The record that progress was last written to.
    private BatchRecord Latest(BatchRecord batch) => store.Find(batch.Id) ?? batch;

    private void End(BatchRecord batch, BatchState state, string? error) =>
        store.Save(batch with { State = state, Error = error, EndedAt = clock.GetUtcNow(), Worker = null });

    /// <summary>Tells on the thread that works: unlike <see cref="Progress{T}"/>, nothing comes late.</summary>
    private sealed class Told(Action<PredictionProgress> tell) : IProgress<PredictionProgress>
    {
        public void Report(PredictionProgress value) => tell(value);
    }
}
