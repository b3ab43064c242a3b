using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;

namespace AlgoFactory.Learning.Artefacts;

/// <summary>
/// A zip file that nothing in it is believed of: how many entries it has and how large they are is checked against
/// limits before memory is taken, whatever its headers say.
/// </summary>
internal sealed class ArtefactZip : IDisposable
{
    private const int EndRecordBytes = 22;
    private const uint EndRecordSignature = 0x06054b50;

    // Deflate cannot pack better than 1:1032; a header that says more lies.
    private const int DeflateMaxRatio = 1032;

    private readonly ZipArchive _zip;
    private readonly ArtefactLimits _limits;
    private readonly Dictionary<string, ZipArchiveEntry> _entries = new(StringComparer.Ordinal);

    private ArtefactZip(Stream file, ArtefactLimits limits)
    {
        FileBytes = file.Length;
        _limits = limits;
        CheckDirectory(file, limits);
        _zip = new ZipArchive(file, ZipArchiveMode.Read);
        foreach (var entry in _zip.Entries)
        {
            if (!ArtefactNames.IsValid(entry.FullName))
                throw new ArtefactFormatException($"The model file holds an entry with a name that is not allowed: '{Shown(entry.FullName)}'.");
            if (!_entries.TryAdd(entry.FullName, entry))
                throw new ArtefactFormatException($"The model file holds '{entry.FullName}' twice.");
        }
    }

    /// <summary>The file's size in bytes.</summary>
    public long FileBytes { get; }

    /// <summary>The entries' names.</summary>
    public IEnumerable<string> Names => _entries.Keys;

    /// <summary>Opens a file. Takes over <paramref name="file"/>, which may throw what zip reading throws.</summary>
    public static ArtefactZip Open(Stream file, ArtefactLimits limits)
    {
        if (file.Length > limits.FileBytes)
            throw new ArtefactFormatException($"The model file has {file.Length} bytes; at most {limits.FileBytes} are allowed.");
        return new ArtefactZip(file, limits);
    }

    public bool Has(string name) => _entries.ContainsKey(name);

    /// <summary>Reads an entry that nothing but zip's own sum vouches for, up to a limit.</summary>
    public byte[] ReadUpTo(string name, int limit)
    {
        var entry = Find(name);
        using var from = entry.Open();
        var to = new MemoryStream();
        var buffer = new byte[1 << 14];
        int read;
        while ((read = from.Read(buffer)) > 0)
        {
            if (to.Length + read > limit)
                throw new ArtefactFormatException($"'{name}' in the model file is larger than the {limit} bytes allowed.");
            to.Write(buffer, 0, read);
        }

        var bytes = to.ToArray();
        return Crc32.Of(bytes) == entry.Crc32
            ? bytes
            : throw new ArtefactFormatException($"'{name}' in the model file does not have the sum that the file says: the file was damaged.");
    }

    /// <summary>Reads an entry of known length and sum.</summary>
    public byte[] Read(ManifestEntry expected)
    {
        var entry = Find(expected.Name);
        if (expected.Length > Array.MaxLength || expected.Length > (long)DeflateMaxRatio * entry.CompressedLength + 64)
            throw Wrong(expected, "is not as long as the manifest says");
        var bytes = GC.AllocateUninitializedArray<byte>((int)expected.Length);
        using var from = entry.Open();
        if (from.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length || from.ReadByte() >= 0)
            throw Wrong(expected, "is not as long as the manifest says");
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != expected.Sha256)
            throw Wrong(expected, "does not have the sum that the manifest says");
        return bytes;
    }

    public void Dispose() => _zip.Dispose();

    /// <summary>
    /// Reads the end record, which stands last (our files have no comment and, below 4 GiB and 65,535 entries, no zip64
    /// part). The zip reader makes an object of each entry in the directory, so the directory's size is limited first.
    /// </summary>
    private static void CheckDirectory(Stream file, ArtefactLimits limits)
    {
        Span<byte> end = stackalloc byte[EndRecordBytes];
        if (file.Length < EndRecordBytes)
            throw new ArtefactFormatException("The file is no model file, or only the beginning of one.");
        file.Position = file.Length - EndRecordBytes;
        file.ReadExactly(end);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(end[12..]);
        var offset = BinaryPrimitives.ReadUInt32LittleEndian(end[16..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(end) != EndRecordSignature || (long)offset + size + EndRecordBytes != file.Length)
            throw new ArtefactFormatException("The file is no model file, or only the beginning of one.");
        var count = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]);
        if (count > limits.Entries || size > (long)limits.Entries * (ArtefactNames.MaxLength + 100))
            throw new ArtefactFormatException($"The model file has more than the {limits.Entries} entries allowed.");
        file.Position = 0;
    }

    private ZipArchiveEntry Find(string name) => _entries.TryGetValue(name, out var entry)
        ? entry
        : throw new ArtefactFormatException($"The model file lacks '{name}'.");

    private static ArtefactFormatException Wrong(ManifestEntry entry, string what) =>
        new($"'{entry.Name}' in the model file {what}: the file was damaged or changed.");

    private static string Shown(string name)
    {
        var shown = name.Length > 80 ? name[..80] + "…" : name;
        return string.Concat(shown.Select(c => char.IsControl(c) ? '?' : c));
    }
}
