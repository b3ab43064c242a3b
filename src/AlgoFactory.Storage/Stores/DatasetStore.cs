using System.Collections.Immutable;
using AlgoFactory.Search.Datasets;
using AlgoFactory.Storage.Contexts;
using AlgoFactory.Storage.Rows;
using Microsoft.EntityFrameworkCore;

namespace AlgoFactory.Storage.Stores;

/// <summary>Data sets in the metadata database.</summary>
internal sealed class DatasetStore(Metadata metadata) : IDatasetStore
{
    public Task AddAsync(DatasetRecord dataset, CancellationToken cancellation) =>
        metadata.WriteAsync($"dataset/{dataset.Id}", db => Task.FromResult(db.Datasets.Add(DatasetRow.From(dataset))), cancellation);

    public Task<bool> UpdateAsync(DatasetRecord dataset, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"dataset/{dataset.Id}",
            async db =>
            {
                var row = await db.Datasets.FindAsync([dataset.Id], cancellation).ConfigureAwait(false);
                row?.Set(dataset);
                return row is not null;
            },
            cancellation);

    public Task<DatasetRecord?> FindAsync(string id, CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var row = await db.Datasets.SingleOrDefaultAsync(d => d.Id == id, cancellation).ConfigureAwait(false);
            return row?.ToRecord();
        });

    // A description may be large (a profile of every column): lists leave it in the database.
    public Task<ImmutableArray<DatasetRecord>> ListAsync(CancellationToken cancellation) =>
        metadata.ReadAsync(async db =>
        {
            var rows = await db.Datasets
                .OrderByDescending(d => d.CreatedAt).ThenBy(d => d.Id)
                .Select(d => new { d.Id, d.Name, d.FileName, d.Bytes, d.CreatedAt, d.State, d.Error })
                .ToListAsync(cancellation).ConfigureAwait(false);
            return rows.Select(d => new DatasetRecord(d.Id, d.Name, d.FileName, d.Bytes, d.CreatedAt, d.State) { Error = d.Error }).ToImmutableArray();
        });

    public Task<bool> DeleteAsync(string id, CancellationToken cancellation) =>
        metadata.WriteAsync(
            $"dataset/{id}",
            async db => await db.Datasets.Where(d => d.Id == id).ExecuteDeleteAsync(cancellation).ConfigureAwait(false) > 0,
            cancellation);
}
