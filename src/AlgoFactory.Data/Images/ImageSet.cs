using System.Collections.Immutable;
using System.IO.Compression;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;

namespace AlgoFactory.Data.Images;

/// <summary>
/// Images as a table, a row an image: of a zip archive, of a folder with those below it, or one file alone. The folder that
/// an image lies in is its label. An archive's entries are read where they are and never written anywhere.
/// </summary>
internal sealed class ImageSet : ITableFile
{
    /// <summary>The column of images.</summary>
    public const string ImageName = "image";

    /// <summary>The column of the folders' names.</summary>
    public const string LabelName = "label";

    /// <summary>The column of the files' names.</summary>
    public const string FileName = "file";

    private readonly string? _archive;
    private readonly ImmutableArray<ImageFile> _files;

    private ImageSet(string? archive, IEnumerable<ImageFile> files, int others)
    {
        _archive = archive;
        _files = [.. files.OrderBy(f => f.Name, StringComparer.Ordinal)];
        ColumnNames = [FileName, ImageName, LabelName];
        Notes = others == 0 ? [] : [$"{SchemaInference.Whole(others)} files are no images by their names and are passed over."];
    }

    /// <inheritdoc/>
    public string Format => "images";

    /// <inheritdoc/>
    public ImmutableArray<string> ColumnNames { get; }

    /// <inheritdoc/>
    public ImmutableArray<string> Notes { get; }

    /// <summary>One image file.</summary>
    public static ImageSet OfFile(string path) => new(null, [new ImageFile(Path.GetFileName(path), path, null)], 0);

    /// <summary>The images of a folder and of those below it; null: there is none. Links are not followed.</summary>
    public static ImageSet? OfFolder(string path)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Hidden };
        var (files, others) = (new List<ImageFile>(), 0);
        foreach (var file in Directory.EnumerateFiles(path, "*", options))
        {
            if (!ImageFormats.IsImageName(file))
            {
                others++;
                continue;
            }

            Count(files.Count);
            files.Add(File(Path.GetRelativePath(path, file), file));
        }

        return files.Count == 0 ? null : new ImageSet(null, files, others);
    }

    /// <summary>The images of a zip archive; null: it is a workbook or broken, or holds no image.</summary>
    /// <exception cref="DataFormatException">The archive has an entry that would lie outside of it.</exception>
    public static ImageSet? OfArchive(string path)
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.GetEntry("xl/workbook.xml") is not null)
                return null;
            var (files, others) = (new List<ImageFile>(), 0);
            foreach (var entry in archive.Entries)
            {
                var name = entry.FullName.Replace('\\', '/');
                if (name.StartsWith('/') || name.Split('/').Contains(".."))
                    throw new DataFormatException($"The archive's entry '{Excerpt.Of(name)}' points outside of the archive; pack the images anew.");
                // Folders, and what macOS adds to archives.
                if (name.EndsWith('/') || name.StartsWith("__MACOSX/", StringComparison.Ordinal) || Path.GetFileName(name).StartsWith('.'))
                    continue;
                if (!ImageFormats.IsImageName(name))
                {
                    others++;
                    continue;
                }

                Count(files.Count);
                files.Add(File(name, entry.FullName));
            }

            return files.Count == 0 ? null : new ImageSet(path, files, others);
        }
        catch (InvalidDataException)
        {
            return null; // Broken: what reads workbooks says so.
        }
    }

    /// <inheritdoc/>
    public ColumnSpec? Known(string column) => column switch
    {
        ImageName => new ColumnSpec(column, ColumnKind.Image, ColumnRole.Feature, 1, "the images"),
        FileName => new ColumnSpec(column, ColumnKind.Identifier, ColumnRole.Ignore, 1, "the images' names"),
        LabelName when _files.Any(f => f.Label is not null) =>
            new ColumnSpec(column, ColumnKind.Categorical, ColumnRole.Feature, 1, "the folders that the images lie in"),
        _ => null,
    };

    /// <inheritdoc/>
    public RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation) =>
        new ImageRecordReader(_archive, _files, columns, cancellation);

    private static ImageFile File(string name, string place)
    {
        name = name.Replace('\\', '/');
        var parts = name.Split('/');
        return new ImageFile(name, place, parts.Length > 1 ? parts[^2] : null);
    }

    private static void Count(int files)
    {
        if (files >= ImageLimits.Files)
            throw new DataFormatException($"There are more than {SchemaInference.Whole(ImageLimits.Files)} images; split them.");
    }
}

/// <summary>One image of a set.</summary>
/// <param name="Name">Its name within the set.</param>
/// <param name="Place">Its path, or its entry's name.</param>
/// <param name="Label">The folder that it lies in, or null.</param>
internal sealed record ImageFile(string Name, string Place, string? Label);
