using AlgoFactory.Data.Ingest;
using AlgoFactory.Search.Datasets;

namespace AlgoFactory.Storage.Rows;

/// <summary>A data set as the database keeps it.</summary>
internal sealed class DatasetRow
{
    public required string Id { get; init; }

    public required string Name { get; set; }

    public required string FileName { get; set; }

    public long Bytes { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DatasetState State { get; set; }

    public string? Error { get; set; }

    /// <summary>The <see cref="TableDescription"/> as JSON.</summary>
    public string? Description { get; set; }

    public static DatasetRow From(DatasetRecord record)
    {
        var row = new DatasetRow { Id = record.Id, Name = record.Name, FileName = record.FileName };
        row.Set(record);
        return row;
    }

    public void Set(DatasetRecord record)
    {
        Name = record.Name;
        FileName = record.FileName;
        Bytes = record.Bytes;
        CreatedAt = record.CreatedAt;
        State = record.State;
        Error = record.Error;
        Description = RowJson.WriteOrNull(record.Description);
    }

    public DatasetRecord ToRecord() => new(Id, Name, FileName, Bytes, CreatedAt, State)
    {
        Error = Error,
        Description = RowJson.ReadOrNull<TableDescription>(Description),
    };
}
