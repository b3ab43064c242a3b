using System.Collections.Immutable;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Xml;
using ExcelDataReader;
using ExcelDataReader.Exceptions;

namespace AlgoFactory.Data.Ingest.Xlsx;

/// <summary>The first worksheet of an Excel workbook that holds anything. Its first row has the columns' names.</summary>
internal sealed class XlsxFile : ITableFile
{
    // A small archive may unpack to any size.
    private const long LargestUnpacked = 4L << 30;

    private readonly string _path;

    private XlsxFile(string path, ImmutableArray<string> names, ImmutableArray<string> notes)
    {
        _path = path;
        ColumnNames = names;
        Notes = notes;
    }

    /// <inheritdoc/>
    public string Format => "xlsx";

    /// <inheritdoc/>
    public ImmutableArray<string> ColumnNames { get; }

    /// <inheritdoc/>
    public ImmutableArray<string> Notes { get; }

    /// <summary>Whether the file is a zip archive that holds a workbook.</summary>
    /// <exception cref="DataFormatException">It is an archive, but a broken one or of something else.</exception>
    public static bool IsThere(string path, ReadOnlySpan<byte> head)
    {
        if (!head.StartsWith("PK\x03\x04"u8) && !head.StartsWith("PK\x05\x06"u8))
            return false;
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.Entries.Sum(e => (decimal)e.Length) > LargestUnpacked)
                throw new DataFormatException($"The workbook unpacks to more than {LargestUnpacked >> 30} GiB; save the table as CSV or Parquet.");
            if (archive.GetEntry("xl/workbook.xml") is not null)
                return true;
        }
        catch (InvalidDataException error)
        {
            throw new DataFormatException("The file is a broken zip archive or workbook; save it anew.", error);
        }

        throw new DataFormatException("The file is a zip archive, not a table, and holds no image; unpack it first.");
    }

    /// <summary>Reads the columns' names.</summary>
    /// <exception cref="DataFormatException">The workbook is broken, protected or empty.</exception>
    public static XlsxFile Open(string path)
    {
        var workbook = OpenWorkbook(path);
        try
        {
            using (workbook)
            {
                if (!FindSheet(workbook, out var sheet))
                    throw new DataFormatException("The workbook is empty; its first row must hold the columns' names.");
                var names = ImmutableArray.CreateBuilder<string>();
                for (var i = 0; i < workbook.FieldCount; i++)
                    names.Add(Name(workbook.GetValue(i)));
                while (names.Count > 0 && names[^1].Length == 0)
                    names.RemoveAt(names.Count - 1);
                ImmutableArray<string> notes = workbook.ResultsCount > 1
                    ? [$"The workbook has {workbook.ResultsCount} sheets; '{sheet}' is read."]
                    : [];
                return new XlsxFile(path, ColumnNaming.Checked(names.ToImmutable()), notes);
            }
        }
        catch (Exception error) when (IsBroken(error))
        {
            throw Broken(error);
        }
    }

    /// <inheritdoc/>
    public RecordReader Read(ImmutableArray<string> columns, CancellationToken cancellation)
    {
        var workbook = OpenWorkbook(_path);
        FindSheet(workbook, out _);
        return new XlsxRecordReader(workbook, [.. columns.Select(c => ColumnNames.IndexOf(c))], cancellation);
    }

    /// <summary>Whether the error is the file's fault. The reader checks little, so its faults on broken files are of many kinds.</summary>
    public static bool IsBroken(Exception error) =>
        error is ExcelReaderException or XmlException or InvalidDataException or FormatException or KeyNotFoundException or IndexOutOfRangeException
            or ArgumentException or NullReferenceException or OverflowException;

    /// <summary>The error for a broken workbook.</summary>
    public static DataFormatException Broken(Exception error) =>
        new(error is InvalidPasswordException
            ? "The workbook is protected by a password; save it without one."
            : $"The workbook cannot be read ({Excerpt.Of(error.Message).TrimEnd('.')}); save it anew, or as CSV.", error);

    private static IExcelDataReader OpenWorkbook(string path)
    {
        // Workbooks name code pages for their texts.
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        var stream = File.OpenRead(path);
        try
        {
            return ExcelReaderFactory.CreateOpenXmlReader(stream);
        }
        catch (Exception error) when (IsBroken(error))
        {
            stream.Dispose();
            throw Broken(error);
        }
    }

    // Moves to the first row of the first sheet that has one.
    private static bool FindSheet(IExcelDataReader workbook, out string sheet)
    {
        do
        {
            sheet = workbook.Name;
            if (workbook.FieldCount > 0 && workbook.Read())
                return true;
        }
        while (workbook.NextResult());
        return false;
    }

    private static string Name(object? value) => value switch
    {
        null => string.Empty,
        double number => Schemas.ValueParser.Text(number),
        DateTime instant => Schemas.ValueParser.InstantText(Schemas.InstantParser.FromDateTime(instant)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)?.Trim() ?? string.Empty,
    };
}
