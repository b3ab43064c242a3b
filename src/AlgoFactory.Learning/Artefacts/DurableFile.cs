using System.Runtime.InteropServices;
using AlgoFactory.Data.Export;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>Files that are whole or not there, whatever happens while they are written.</summary>
public static partial class DurableFile
{
    /// <summary>
    /// Writes a file: to a temporary one in the same folder, flushed to disk, then renamed over <paramref name="path"/>.
    /// When <paramref name="write"/> or the disk fails, the temporary file is removed and the old one stands.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        OutputFile.Check(path);
        var full = Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(full) ?? throw new IOException($"'{path}' is not a file.");
        var temporary = Path.Combine(folder, $".{Path.GetFileName(full)}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, full, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        FlushFolder(folder);
    }

    /// <summary>
    /// Flushes a folder's list of names to disk, so that a rename in it survives a power cut. Where the file system
    /// cannot do that, the rename is still atomic, and this does nothing.
    /// </summary>
    public static void FlushFolder(string folder)
    {
        // .NET cannot open a folder, so this asks libc.
        if (!OperatingSystem.IsLinux())
            return;
        var descriptor = Open(folder, ReadOnly | Directory);
        if (descriptor < 0)
            return;
        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    private const int ReadOnly = 0;
    private const int Directory = 0x10000;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
