using System.Collections.Immutable;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Datasets;

/// <summary>Takes data sets in, lists and removes them. Reading them is the worker's work.</summary>
public sealed class DatasetService(
    IDatasetStore store,
    IExperimentStore experiments,
    JobQueue jobs,
    UploadStore uploads,
    TimeProvider clock)
{
    /// <summary>
    /// Streams a file into the data folder under a generated name and has it profiled. Either the whole data set is
    /// there afterwards or nothing of it.
    /// </summary>
    /// <param name="content">The file.</param>
    /// <param name="name">Its name, for people; folders in it are left out.</param>
    /// <param name="announcedBytes">Its size as the sender announced it, or null.</param>
    /// <param name="cancellation">Ends the upload and leaves nothing.</param>
    /// <exception cref="RefusedException">The name is not usable, the file empty or too large, or the disk or quota full.</exception>
    public async Task<DatasetRecord> AddAsync(Stream content, string? name, long? announcedBytes, CancellationToken cancellation)
    {
        var shown = UploadName.Clean(name);
        var used = (await store.ListAsync(cancellation)).Sum(d => d.Bytes);
        var id = Guid.CreateVersion7().ToString("N");
        var fileName = id + UploadName.Ending(shown);
        var bytes = await uploads.SaveAsync(content, fileName, announcedBytes, used, cancellation);
        var record = new DatasetRecord(id, shown, fileName, bytes, clock.GetUtcNow(), DatasetState.Profiling);
        try
        {
            await store.AddAsync(record, CancellationToken.None);
        }
        catch
        {
            uploads.Delete(fileName);
            throw;
        }

        uploads.Settle(fileName);
        await jobs.ProfileAsync(id, CancellationToken.None);
        return record;
    }

    /// <summary>All data sets, the newest first, without their profiles.</summary>
    public Task<ImmutableArray<DatasetRecord>> ListAsync(CancellationToken cancellation) => store.ListAsync(cancellation);

    /// <summary>The data set with its profile.</summary>
    /// <exception cref="RefusedException">404: there is none.</exception>
    public async Task<DatasetRecord> GetAsync(string id, CancellationToken cancellation) =>
        await store.FindAsync(id, cancellation) ?? throw RefusedException.NotFound("data set", id);

    /// <summary>Removes a data set and its file.</summary>
    /// <exception cref="RefusedException">404: there is none; 409: an experiment is using it.</exception>
    public async Task DeleteAsync(string id, CancellationToken cancellation)
    {
        var record = await GetAsync(id, cancellation);
        var user = (await experiments.ListAsync(cancellation))
            .FirstOrDefault(e => e.Request.DatasetId == id && !e.State.HasEnded());
        if (user is not null)
            throw RefusedException.Conflict($"The experiment '{user.Request.Name}' ({user.Id}) is using the data set; cancel it first.");
        await jobs.RemoveProfileAsync(id, cancellation);
        uploads.Doubt(record.FileName);
        await store.DeleteAsync(id, cancellation);
        uploads.Delete(record.FileName);
    }
}
