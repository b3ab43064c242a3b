using System.Collections.Immutable;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using AlgoFactory.Data.Ingest;

namespace AlgoFactory.Data.Images;

/// <summary>Reads the images of a set one by one, no more of each than an image may have.</summary>
internal sealed class ImageRecordReader : RecordReader
{
    private readonly ZipArchive? _archive;
    private readonly ImmutableArray<ImageFile> _files;
    private readonly ImmutableArray<string> _columns;
    private readonly CancellationToken _cancellation;
    private readonly bool _wantsImages;
    private byte[] _bytes = new byte[1 << 16];
    private byte[] _name = [];
    private byte[] _label = [];
    private int _length;
    private int _at = -1;
    private string? _error;

    public ImageRecordReader(string? archive, ImmutableArray<ImageFile> files, ImmutableArray<string> columns, CancellationToken cancellation)
    {
        _archive = archive is null ? null : ZipFile.OpenRead(archive);
        (_files, _columns, _cancellation) = (files, columns, cancellation);
        _wantsImages = columns.Contains(ImageSet.ImageName);
    }

    /// <inheritdoc/>
    public override long Line => _at + 1;

    /// <inheritdoc/>
    public override string? Error => _error;

    /// <inheritdoc/>
    public override Cell this[int column] => _columns[column] switch
    {
        ImageSet.ImageName => Cell.Image(_bytes.AsSpan(0, _length)),
        ImageSet.LabelName => _label.Length == 0 ? Cell.Missing : Cell.Text(_label),
        _ => Cell.Text(_name),
    };

    /// <summary>A file that cannot be read still has its name and its folder.</summary>
    public override bool Has(int column) => Error is null || _columns[column] != ImageSet.ImageName;

    /// <inheritdoc/>
    public override bool Read()
    {
        _cancellation.ThrowIfCancellationRequested();
        if (++_at >= _files.Length)
            return false;
        var file = _files[_at];
        (_name, _label) = (Encoding.UTF8.GetBytes(file.Name), Encoding.UTF8.GetBytes(file.Label ?? ""));
        (_error, _length) = (null, 0);
        if (!_wantsImages)
            return true;
        try
        {
            var entry = _archive?.GetEntry(file.Place);
            using var stream = Open(file, entry);
            _error = Fill(stream);
            // The library does not compare the sums: bits that fell over on a disk or on the way would be learned from.
            if (_error is null && entry is not null && Crc32.HashToUInt32(_bytes.AsSpan(0, _length)) != entry.Crc32)
                _error = $"'{Excerpt.Of(file.Name)}' is damaged in the archive: its checksum is not the one that was packed";
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            _error = $"'{Excerpt.Of(file.Name)}' cannot be read: {Excerpt.Of(error.Message.TrimEnd('.'))}";
        }

        return true;
    }

    /// <inheritdoc/>
    public override string RawExcerpt() => Excerpt.Of(_files[_at].Name);

    /// <inheritdoc/>
    public override void Dispose() => _archive?.Dispose();

    private Stream Open(ImageFile file, ZipArchiveEntry? entry) =>
        _archive is null ? File.OpenRead(file.Place)
        : entry is null ? throw new InvalidDataException("the archive has changed")
        : entry.IsEncrypted ? throw new InvalidDataException("it is locked with a password; pack the images without one")
        : entry.Open();

    // What an entry says of its length is not believed: a small archive may unpack to any size.
    private string? Fill(Stream stream)
    {
        while (true)
        {
            var read = stream.Read(_bytes, _length, _bytes.Length - _length);
            _length += read;
            if (read == 0 || _length > ImageLimits.Bytes)
                break;
            if (_length == _bytes.Length)
                Array.Resize(ref _bytes, Math.Min(2 * _length, ImageLimits.Bytes + 1));
        }

        return ImageDecoder.Problem(_bytes.AsSpan(0, _length)) is { } problem ? $"'{Excerpt.Of(_files[_at].Name)}' is no image that can be read: {problem}" : null;
    }
}
