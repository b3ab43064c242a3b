using System.Collections.Immutable;
using System.Text.Json.Serialization;
using AlgoFactory.Data.Ingest;

namespace AlgoFactory.Search.Datasets;

/// <summary>How far a data set has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DatasetState>))]
public enum DatasetState
{
    /// <summary>The file is there; its profile is being made.</summary>
    [JsonStringEnumMemberName("profiling")] Profiling,

    /// <summary>Ready for experiments.</summary>
    [JsonStringEnumMemberName("ready")] Ready,

    /// <summary>The file is no table; <see cref="DatasetRecord.Error"/> says why.</summary>
    [JsonStringEnumMemberName("failed")] Failed,
}

/// <summary>A stored data set.</summary>
/// <param name="Id">A generated id; also the stored file's name.</param>
/// <param name="Name">The uploaded file's own name, for people only.</param>
/// <param name="FileName">The stored file's generated name with its ending, inside the data folder.</param>
/// <param name="Bytes">The file's size.</param>
/// <param name="CreatedAt">When it was uploaded.</param>
/// <param name="State">How far it has come.</param>
public sealed record DatasetRecord(string Id, string Name, string FileName, long Bytes, DateTimeOffset CreatedAt, DatasetState State)
{
    /// <summary>Why it failed.</summary>
    public string? Error { get; init; }

    /// <summary>Schema, profile, rejects and suggestions, when ready.</summary>
    public TableDescription? Description { get; init; }
}

/// <summary>Keeps data sets.</summary>
public interface IDatasetStore
{
    /// <summary>Adds a data set whose file is in place.</summary>
    Task AddAsync(DatasetRecord dataset, CancellationToken cancellation);

    /// <summary>Replaces a data set's record; false when it is gone.</summary>
    Task<bool> UpdateAsync(DatasetRecord dataset, CancellationToken cancellation);

    /// <summary>The data set, or null.</summary>
    Task<DatasetRecord?> FindAsync(string id, CancellationToken cancellation);

    /// <summary>All data sets, the newest first, without <see cref="DatasetRecord.Description"/>.</summary>
    Task<ImmutableArray<DatasetRecord>> ListAsync(CancellationToken cancellation);

    /// <summary>Removes the record; false when there was none.</summary>
    Task<bool> DeleteAsync(string id, CancellationToken cancellation);
}
