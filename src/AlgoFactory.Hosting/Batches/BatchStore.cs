using System.Text.Json;
using AlgoFactory.Hosting.Jobs;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Hosting.Batches;

/// <summary>
/// Keeps batches as files, one folder each: the record, the input, the parts that are scored and the scored file. The server
/// writes a record before it queues the batch, the worker while it runs it; a record is replaced by one rename.
/// </summary>
public sealed class BatchStore(DataFolders folders)
{
    private const string RecordName = "batch.json";
    private const string CancelName = "cancel";

    /// <summary>All batches, the newest first.</summary>
    public IEnumerable<BatchRecord> List() => Directory.EnumerateDirectories(folders.Batches)
        .Select(f => Path.GetFileName(f)).OrderByDescending(id => id, StringComparer.Ordinal)
        .Select(Find).OfType<BatchRecord>();

    /// <summary>The batch, or null. One whose worker has died is interrupted, whatever its record says.</summary>
    public BatchRecord? Find(string id)
    {
        if (!IsId(id))
            return null;
        try
        {
            var record = JsonSerializer.Deserialize<BatchRecord>(File.ReadAllBytes(Path.Combine(Folder(id), RecordName)), ReportJson.Options);
            return record is { State: BatchState.Running, Worker: { } worker } && ProcessIdentity.Lives(worker) == false
                ? record with { State = BatchState.Interrupted }
                : record;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Saves a batch.</summary>
    /// <exception cref="IOException">The disk is full.</exception>
    public void Save(BatchRecord record)
    {
        Directory.CreateDirectory(Folder(record.Id));
        DurableFile.Write(Path.Combine(Folder(record.Id), RecordName), to => JsonSerializer.Serialize(to, record, ReportJson.Options));
    }

    /// <summary>Removes a batch with its files; none is no error.</summary>
    public void Delete(string id)
    {
        if (IsId(id) && Directory.Exists(Folder(id)))
            Directory.Delete(Folder(id), recursive: true);
    }

    /// <summary>Asks a running batch to end; or takes that back.</summary>
    public void RequestCancel(string id, bool cancel)
    {
        var mark = Path.Combine(Folder(id), CancelName);
        if (cancel)
            File.Create(mark).Dispose();
        else
            File.Delete(mark);
    }

    /// <summary>Whether a batch was asked to end.</summary>
    public bool IsCancelRequested(string id) => File.Exists(Path.Combine(Folder(id), CancelName));

    /// <summary>A batch's folder.</summary>
    public string Folder(string id) => Path.Combine(folders.Batches, id);

    /// <summary>The folder of the scored parts.</summary>
    public string Parts(string id) => Path.Combine(Folder(id), "parts");

    /// <summary>The scored file.</summary>
    public string Output(BatchRecord record) => Path.Combine(Folder(record.Id), $"predictions.{record.Format}");

    // Ids come from addresses, and become folders.
    private static bool IsId(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);
}
