using System.Buffers;
using AlgoFactory.Hosting.Options;
using AlgoFactory.Web.Errors;

namespace AlgoFactory.Web.Datasets;

/// <summary>
/// Keeps uploaded files: written to a temporary file, flushed to the disk, then renamed into place, so that a file in the
/// uploads folder is always whole. Between that and the data set's row stands a mark of doubt, see <see cref="UploadRecovery"/>.
/// </summary>
public sealed class UploadStore(AlgoFactoryOptions options, DataFolders folders)
{
    private const int BufferBytes = 256 << 10;
    private const long LookEveryBytes = 32 << 20;

    /// <summary>Streams content into place and returns its size in bytes.</summary>
    /// <exception cref="RefusedException">The content is empty or too large, or the disk or quota full; nothing is left.</exception>
    public async Task<long> SaveAsync(Stream content, string fileName, long? announcedBytes, long usedBytes, CancellationToken cancellation)
    {
        CheckLimits(usedBytes, announcedBytes ?? 0);
        CheckSpace(announcedBytes ?? 0);
        var part = Path.Combine(folders.Incoming, fileName + ".part");
        try
        {
            var bytes = await WriteAsync(content, part, usedBytes, cancellation);
            if (bytes == 0)
                throw RefusedException.Invalid("The file is empty.");
            Doubt(fileName);
            File.Move(part, folders.UploadPath(fileName));
            return bytes;
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <summary>Notes that a file may be left over from now on: its data set is about to be stored, or to go.</summary>
    public void Doubt(string fileName) => File.Create(folders.DoubtPath(fileName)).Dispose();

    /// <summary>Ends the doubt: the file's data set is stored.</summary>
    public void Settle(string fileName) => File.Delete(folders.DoubtPath(fileName));

    /// <summary>Removes a file; none is no error.</summary>
    public void Delete(string fileName)
    {
        File.Delete(folders.UploadPath(fileName));
        Settle(fileName);
    }

    private async Task<long> WriteAsync(Stream content, string part, long usedBytes, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await using var file = new FileStream(part, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true);
            long bytes = 0, nextLook = LookEveryBytes;
            for (int read; (read = await content.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellation)) > 0;)
            {
                bytes += read;
                CheckLimits(usedBytes, bytes);
                if (bytes >= nextLook)
                {
                    CheckSpace(0);
                    nextLook = bytes + LookEveryBytes;
                }

                await file.WriteAsync(buffer.AsMemory(0, read), cancellation);
            }

            file.Flush(flushToDisk: true);
            return bytes;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void CheckLimits(long usedBytes, long bytes)
    {
        var uploads = options.Uploads;
        if (bytes > uploads.MaxBytes)
            throw RefusedException.TooLarge($"The file is larger than {uploads.MaxBytes:N0} bytes, the limit that this server sets (AlgoFactory:Uploads:MaxBytes).");
        if (usedBytes + bytes > uploads.QuotaBytes)
            throw RefusedException.NoSpace($"The data sets would take more than {uploads.QuotaBytes:N0} bytes, the quota that this server sets (AlgoFactory:Uploads:QuotaBytes); delete some first.");
    }

    private void CheckSpace(long bytesToCome)
    {
        if (new DriveInfo(folders.Uploads).AvailableFreeSpace - options.Uploads.KeepFreeBytes < bytesToCome)
            throw RefusedException.NoSpace($"The server's disk is full: an upload leaves {options.Uploads.KeepFreeBytes >> 20:N0} MiB free (AlgoFactory:Uploads:KeepFreeBytes). Nothing was kept; free some space and send it again.");
    }
}
