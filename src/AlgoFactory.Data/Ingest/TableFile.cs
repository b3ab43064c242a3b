using AlgoFactory.Data.Images;
using AlgoFactory.Data.Ingest.Delimited;
using AlgoFactory.Data.Ingest.Encodings;
using AlgoFactory.Data.Ingest.JsonLines;
using AlgoFactory.Data.Ingest.Parquet;
using AlgoFactory.Data.Ingest.Xlsx;

namespace AlgoFactory.Data.Ingest;

/// <summary>Opens a table file: its format is told by its content first, then by its name's ending.</summary>
internal static class TableFile
{
    private const int HeadSize = 1 << 12;

    /// <summary>Opens the file.</summary>
    /// <exception cref="DataFormatException">It is missing, unreadable, empty, or no table.</exception>
    public static ITableFile Open(string path, ReadOptions options)
    {
        try
        {
            if (Directory.Exists(path))
                return ImageSet.OfFolder(path) ?? throw new DataFormatException($"'{path}' is a folder without images; name a file.");
            var head = Head(path);
            if (head.Length == 0)
                throw new DataFormatException("The file is empty; it must hold a line of column names and the rows below it.");
            if (NotATable(head) is { } problem)
                throw new DataFormatException(problem);
            if (ParquetFile.IsThere(head))
                return ParquetFile.Open(path, options);
            if (ImageFormats.IsImage(head))
                return ImageSet.OfFile(path);
            if (head.AsSpan().StartsWith("PK"u8) && ImageSet.OfArchive(path) is { } images)
                return images;
            if (XlsxFile.IsThere(path, head))
                return XlsxFile.Open(path);
            return OpenText(path, options);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataFormatException($"There is no file '{path}'.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new DataFormatException($"The file '{path}' may not be read by this user.", error);
        }
    }

    private static ITableFile OpenText(string path, ReadOptions options)
    {
        var encoding = options.Encoding is { } name ? TextEncodingDetector.Named(path, name) : TextEncodingDetector.Detect(path);
        var text = TextHead(path, encoding);
        if (LooksBinary(text))
            throw new DataFormatException("The file is not a table: it holds binary data. CSV, TSV, Parquet, JSON Lines, XLSX and images can be read.");
        if (JsonLinesFile.IsThere(text))
            return JsonLinesFile.Open(path, encoding);
        if (text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', .. var rest] && rest.TrimStart(" \t\r\n"u8) is [(byte)'{', ..])
            throw new DataFormatException("The file is a JSON array; write one object on each line (JSON Lines) instead.");
        if (text.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("<!DOCTYPE html"u8) || text.AsSpan().TrimStart(" \t\r\n"u8).StartsWith("<html"u8))
            throw new DataFormatException("The file is a web page, not a table; it may be the error page of a failed download.");
        return CsvFile.Open(path, encoding, options);
    }

    private static byte[] Head(string path)
    {
        using var file = File.OpenRead(path);
        // A file is read several times over: once to learn its columns, then for its rows.
        if (!file.CanSeek)
            throw new DataFormatException($"'{path}' is a pipe or a device, which can be read once only; write the data to a file first.");
        var head = new byte[HeadSize];
        return head[..file.ReadAtLeast(head, HeadSize, throwOnEndOfStream: false)];
    }

    private static string? NotATable(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            return "The file is compressed (gzip); unpack it first.";
        if (head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]))
            return "The file is compressed (zstd); unpack it first.";
        if (head.StartsWith("BZh"u8) || head.StartsWith((ReadOnlySpan<byte>)[0xFD, 0x37, 0x7A, 0x58, 0x5A]))
            return "The file is compressed; unpack it first.";
        if (head.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]))
            return "The file is an old Excel workbook (.xls) or another Office document; save it as .xlsx or CSV.";
        if (head.StartsWith("%PDF-"u8))
            return "The file is a PDF document, not a table; save the table as CSV or XLSX.";
        return null;
    }

    private static byte[] TextHead(string path, TextEncoding encoding)
    {
        using var text = encoding.OpenUtf8(path);
        var head = new byte[HeadSize];
        return head[..text.ReadAtLeast(head, HeadSize, throwOnEndOfStream: false)];
    }

    // Text has no control characters but tabs, line ends and form feeds; one in a hundred is still let through.
    private static bool LooksBinary(ReadOnlySpan<byte> text)
    {
        var controls = 0;
        foreach (var b in text)
            controls += b < 0x20 && b is not ((byte)'\t' or (byte)'\n' or (byte)'\r' or 0x0C) ? 1 : 0;
        return controls * 100 > text.Length;
    }
}
