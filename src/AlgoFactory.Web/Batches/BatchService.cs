using System.Security.Claims;
using AlgoFactory.Hosting.Batches;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Serving.Access;
using AlgoFactory.Serving.Prediction;
using AlgoFactory.Serving.Registry;
using AlgoFactory.Web.Access;
using AlgoFactory.Web.Datasets;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Batches;

/// <summary>
/// Takes files in to be scored, and hands the scored ones out. Scoring is the worker's work. Applications see their own batches,
/// everybody else sees all.
/// </summary>
public sealed class BatchService(
    BatchStore store, PredictionEnginePool pool, IDatasetStore datasets, UploadStore uploads, DataFolders folders, JobQueue jobs, TimeProvider clock)
{
    private static readonly string[] Formats = ["csv", "parquet"];

    /// <summary>Has a file or a registered data set scored by what a deployment serves now.</summary>
    /// <exception cref="RefusedException">There is no such deployment or data set, or the file is not usable.</exception>
    public async Task<BatchRecord> StartAsync(
        string? deployment, string? dataset, string? name, string? format, ScoredFileOptions options, HttpRequest request, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var served = deployment is null
            ? throw RefusedException.Invalid("Which deployment shall score the file? Add '?deployment=NAME' to the address.")
            : pool.Find(deployment)?.Version ?? throw RefusedException.NotFound("deployment", deployment);
        format ??= "csv";
        if (!Formats.Contains(format))
            throw RefusedException.Invalid($"The format is 'csv' or 'parquet', not '{format}'.");
        await CheckAsync(deployment, served, options, cancellation);
        var batch = new BatchRecord(
            Guid.CreateVersion7().ToString("N"), deployment, served.Name, served.Version, served.Hash, "", format, BatchState.Queued, clock.GetUtcNow(), KeyIdentity.Name(user))
        { Key = KeyIdentity.Id(user), Options = options };
        batch = dataset is null
            ? await TakeInAsync(batch, name, request, cancellation)
            : batch with { Dataset = dataset, Name = (await FindDatasetAsync(dataset, user, cancellation)).Name };
        store.Save(batch);
        await jobs.RunBatchAsync(batch.Id, CancellationToken.None);
        return batch;
    }

    /// <summary>The batches that a caller may see, the newest first.</summary>
    public IEnumerable<BatchRecord> List(ClaimsPrincipal user) => store.List().Where(b => MaySee(b, user));

    /// <summary>A batch.</summary>
    /// <exception cref="RefusedException">404: there is none, or it is another application's.</exception>
    public BatchRecord Get(string id, ClaimsPrincipal user) =>
        store.Find(id) is { } batch && MaySee(batch, user) ? batch : throw RefusedException.NotFound("batch", id);

    /// <summary>The scored file.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it is not whole yet.</exception>
    public (string Path, BatchRecord Batch) Output(string id, ClaimsPrincipal user)
    {
        var batch = Get(id, user);
        return batch.State == BatchState.Succeeded
            ? (store.Output(batch), batch)
            : throw RefusedException.Conflict($"The batch is not done: it is {batch.State.ToString().ToLowerInvariant()}.");
    }

    /// <summary>Asks a batch to end.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it has ended.</exception>
    public async Task<BatchRecord> CancelAsync(string id, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var batch = Get(id, user);
        if (!batch.IsOpen)
            throw RefusedException.Conflict("The batch has ended already.");
        store.RequestCancel(id, cancel: true);
        await jobs.RemoveBatchAsync(id, cancellation);
        // One that had not begun ends here; a running one at its worker's next look.
        if (store.Find(id) is { State: BatchState.Queued } waiting)
            store.Save(waiting with { State = BatchState.Cancelled, EndedAt = clock.GetUtcNow() });
        return Get(id, user);
    }

    /// <summary>Has a batch run on that has ended without its scored file; what was scored is kept.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it runs, or is done.</exception>
    public async Task<BatchRecord> ResumeAsync(string id, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var batch = Get(id, user);
        if (batch.IsOpen || batch.State == BatchState.Succeeded)
            throw RefusedException.Conflict(batch.IsOpen ? "The batch has not ended." : "The batch is done.");
        store.RequestCancel(id, cancel: false);
        var queued = batch with { State = BatchState.Queued, EndedAt = null, Error = null, Worker = null, Attempts = 0 };
        store.Save(queued);
        await jobs.RunBatchAsync(id, cancellation);
        return queued;
    }

    /// <summary>Removes a batch with its files.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: it runs.</exception>
    public void Delete(string id, ClaimsPrincipal user)
    {
        if (Get(id, user).IsOpen)
            throw RefusedException.Conflict("The batch has not ended; cancel it first.");
        store.Delete(id);
    }

    private async Task<BatchRecord> TakeInAsync(BatchRecord batch, string? name, HttpRequest request, CancellationToken cancellation)
    {
        var shown = UploadName.Clean(name);
        var used = (await datasets.ListAsync(cancellation)).Sum(d => d.Bytes);
        RequestSize.LeaveToHandler(request.HttpContext);
        var fileName = batch.Id + UploadName.Ending(shown);
        await uploads.SaveAsync(request.Body, fileName, request.ContentLength, used, cancellation);
        var input = "input" + UploadName.Ending(shown);
        Directory.CreateDirectory(store.Folder(batch.Id));
        File.Move(folders.UploadPath(fileName), Path.Combine(store.Folder(batch.Id), input));
        uploads.Settle(fileName);
        return batch with { Name = shown, Input = input };
    }

    /// <summary>What a model cannot answer is told now and not when its turn comes.</summary>
    private async Task CheckAsync(string deployment, ModelVersion served, ScoredFileOptions options, CancellationToken cancellation)
    {
        if (options == ScoredFileOptions.Default)
            return;
        using var lease = pool.Rent(deployment) ?? await pool.RentAsync(deployment, cancellation) ?? throw RefusedException.NotFound("deployment", deployment);
        // Another arm of the plan has the same shape, but maybe not the same levels: then the worker says it.
        if (lease.Version == served)
            ScoredFileOptions.Check(lease.Predictor, options);
    }

    private async Task<DatasetRecord> FindDatasetAsync(string id, ClaimsPrincipal user, CancellationToken cancellation) =>
        KeyIdentity.May(user, Policies.Data) && await datasets.FindAsync(id, cancellation) is { } found ? found : throw RefusedException.NotFound("data set", id);

    private static bool MaySee(BatchRecord batch, ClaimsPrincipal user) =>
        KeyIdentity.Role(user) != KeyRole.Application || batch.Key == KeyIdentity.Id(user);
}
