using System.Globalization;
using System.IO.Compression;
using System.Security;
using System.Text;
using AlgoFactory.Data.Frames;

namespace AlgoFactory.Data.Tests.Ingest;

/// <summary>The smallest workbook that Excel would open, with inline texts.</summary>
internal static class XlsxWriter
{
    public static void Write(Frame frame, string path)
    {
        var rows = new List<object?[]> { frame.Columns.Select(c => (object?)c.Name).ToArray() };
        for (var row = 0; row < frame.RowCount; row++)
            rows.Add([.. frame.Columns.Select(c => FrameValue.Of(c, row))]);
        Write(rows, path);
    }

    public static void Write(IReadOnlyList<object?[]> rows, string path)
    {
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        Entry(archive, "[Content_Types].xml", """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/></Types>""");
        Entry(archive, "_rels/.rels", """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>""");
        Entry(archive, "xl/workbook.xml", """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Table" sheetId="1" r:id="rId1"/></sheets></workbook>""");
        Entry(archive, "xl/_rels/workbook.xml.rels", """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>""");
        Entry(archive, "xl/styles.xml", """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>""");
        var sheet = new StringBuilder("""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>""");
        for (var r = 0; r < rows.Count; r++)
        {
            sheet.Append(CultureInfo.InvariantCulture, $"<row r=\"{r + 1}\">");
            for (var c = 0; c < rows[r].Length; c++)
                Cell(sheet, $"{Letters(c)}{r + 1}", rows[r][c]);
            sheet.Append("</row>");
        }

        Entry(archive, "xl/worksheets/sheet1.xml", sheet.Append("</sheetData></worksheet>").ToString());
    }

    private static void Cell(StringBuilder sheet, string at, object? value)
    {
        switch (value)
        {
            case null:
                break;
            case bool truth:
                sheet.Append(CultureInfo.InvariantCulture, $"<c r=\"{at}\" t=\"b\"><v>{(truth ? 1 : 0)}</v></c>");
                break;
            case DateTime day:
                sheet.Append(CultureInfo.InvariantCulture, $"<c r=\"{at}\" s=\"1\"><v>{day.ToOADate()}</v></c>");
                break;
            case string text:
                sheet.Append(CultureInfo.InvariantCulture, $"<c r=\"{at}\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{SecurityElement.Escape(text)}</t></is></c>");
                break;
            default:
                sheet.Append(CultureInfo.InvariantCulture, $"<c r=\"{at}\"><v>{Convert.ToDouble(value, CultureInfo.InvariantCulture):R}</v></c>");
                break;
        }
    }

    private static string Letters(int column) => column < 26 ? $"{(char)('A' + column)}" : Letters(column / 26 - 1) + Letters(column % 26);

    private static void Entry(ZipArchive archive, string name, string content)
    {
        using var writer = new StreamWriter(archive.CreateEntry(name).Open());
        writer.Write(content);
    }
}
