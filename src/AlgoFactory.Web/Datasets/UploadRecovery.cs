using AlgoFactory.Hosting.Options;
using AlgoFactory.Search.Datasets;

namespace AlgoFactory.Web.Datasets;

/// <summary>
/// Removes at start what a killed server left of uploads: parts, models that were being made of ONNX files, and whole files
/// that were being placed or removed and that no data set names. Other files are never touched: metadata that was lost, or
/// restored from an older backup, must not take the data with it.
/// </summary>
public sealed class UploadRecovery(IDatasetStore store, DataFolders folders, AlgoFactoryOptions options, ILogger<UploadRecovery> log)
{
    /// <summary>In a cluster another node may be writing: only what is older than this is taken as left behind.</summary>
    private static readonly TimeSpan ForeignAge = TimeSpan.FromDays(1);

    /// <summary>Cleans up once; requests must not be coming in yet.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        foreach (var pattern in (string[])["*.part", "*.tmp"])
            foreach (var part in Directory.EnumerateFiles(folders.Incoming, pattern))
                Remove(part);
        var known = (await store.ListAsync(cancellation)).Select(d => d.FileName).ToHashSet(StringComparer.Ordinal);
        foreach (var doubt in Directory.EnumerateFiles(folders.Incoming, "*.doubt"))
        {
            var name = Path.GetFileNameWithoutExtension(doubt);
            if (!known.Contains(name) && File.Exists(folders.UploadPath(name)))
                Remove(folders.UploadPath(name));
            Remove(doubt);
        }

        foreach (var file in Directory.EnumerateFiles(folders.Uploads))
            if (!known.Contains(Path.GetFileName(file)))
                log.LogWarning("No data set names the file {File} in the uploads folder; it is left as it is", Path.GetFileName(file));
    }

    private void Remove(string file)
    {
        if (options.Database.IsPostgreSql && DateTime.UtcNow - File.GetLastWriteTimeUtc(file) < ForeignAge)
            return;
        File.Delete(file);
        if (!file.EndsWith(".doubt", StringComparison.Ordinal))
            log.LogWarning("Removed {File}, which an upload left behind that did not end", Path.GetFileName(file));
    }
}
