using System.IO.Compression;
using System.Text;
using AlgoFactory.Data.Ingest;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest;

/// <summary>Whatever is handed in, it ends in one clear sentence.</summary>
public class HostileFileTests
{
    public static TheoryData<string, byte[], string> Broken => new()
    {
        { "empty.csv", [], "The file is empty" },
        { "blank.csv", "\n \n\n"u8.ToArray(), "The file is empty" },
        { "header.csv", "a,b\n"u8.ToArray(), "The file has column names but no rows." },
        { "twice.csv", "a,b,a\n1,2,3\n"u8.ToArray(), "Columns 1 and 3 are both named 'a'" },
        { "rubbish.csv", Noise(5000), "it holds binary data" },
        { "zeros.csv", new byte[1000], "it holds binary data" },
        { "ragged.csv", "a,b\n1\n2\n3\n"u8.ToArray(), "3 of 3 records are broken" },
        { "quote.csv", "\"a,b\n1,2\n"u8.ToArray(), "cannot be read from line 1: a quote is opened and never closed" },
        { "t.csv.gz", Gzip("a,b\n1,2\n"), "compressed (gzip); unpack it first" },
        { "t.xls", [0xD0, 0xCF, 0x11, 0xE0, 1, 2, 3], "old Excel workbook" },
        { "t.pdf", "%PDF-1.7 ..."u8.ToArray(), "PDF document" },
        { "t.html", "<!DOCTYPE html><html></html>"u8.ToArray(), "web page" },
        { "t.json", "[{\"a\":1}]"u8.ToArray(), "JSON array" },
        { "t.parquet", "PAR1 and nothing more"u8.ToArray(), "The Parquet file cannot be read" },
        { "t.xlsx", "PK\u0003\u0004 broken"u8.ToArray(), "broken zip archive or workbook" },
        { "t.zip", Zip("a.csv"), "zip archive, not a table" },
        { "t2.xlsx", Zip("xl/workbook.xml"), "The workbook is empty" },
        { "t.jsonl", "{\"a\":1}\n[1]\n{broken\n{\"a\":2}\n"u8.ToArray(), "2 of 4 records are broken" },
        { "t2.jsonl", "{}\n{}\n"u8.ToArray(), "no JSON object with a key" },
        { "deep.jsonl", Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"a\":", 100_000))), "1 of 1 records are broken" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void GivesOneClearSentence(string name, byte[] content, string sentence)
    {
        using var folder = new TempFolder();
        var path = folder.Write(name, content);
        var error = Should.Throw<DataFormatException>(() =>
        {
            using var source = DataSource.Open(path);
            source.Describe();
        });
        error.Message.ShouldContain(sentence);
        error.Message.ShouldNotContain(folder.Path);
        error.Message.Length.ShouldBeLessThan(400);
        error.Message.ShouldEndWith(".");
    }

    [Fact]
    public void MissingFilesAndFoldersAreNamed()
    {
        using var folder = new TempFolder();
        Should.Throw<DataFormatException>(() => DataSource.Open(folder["no.csv"])).Message.ShouldBe($"There is no file '{folder["no.csv"]}'.");
        Should.Throw<DataFormatException>(() => DataSource.Open(folder.Path)).Message.ShouldBe($"'{folder.Path}' is a folder without images; name a file.");
    }

    [Fact]
    public void ColumnsWithoutNameAreNamedByPlace()
    {
        using var folder = new TempFolder();
        using var source = DataSource.Open(folder.Write("t.csv", ",b,\n1,2,\n3,4,\n"));
        source.ColumnNames.ShouldBe(["column_1", "b", "column_3"]);
        source.Describe().Profile.RowCount.ShouldBe(2);
    }

    [Fact]
    public void AnyBytesEndInATableOrASentence()
    {
        using var folder = new TempFolder();
        var random = new Random(7);
        for (var round = 0; round < 300; round++)
        {
            var bytes = new byte[random.Next(0, 400)];
            var alphabet = ",;\"'\n\r\t \\ab01.{}[]:PK\0é"u8.ToArray();
            for (var i = 0; i < bytes.Length; i++)
                bytes[i] = random.Next(50) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
            var path = folder.Write("fuzz", bytes);
            try
            {
                using var source = DataSource.Open(path);
                source.Describe();
            }
            catch (DataFormatException error)
            {
                error.Message.ShouldEndWith(".");
            }
        }
    }

    private static byte[] Noise(int length)
    {
        var bytes = new byte[length];
        new Random(1).NextBytes(bytes);
        bytes[0] = 0x81;
        return bytes;
    }

    private static byte[] Gzip(string text)
    {
        using var to = new MemoryStream();
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return to.ToArray();
    }

    private static byte[] Zip(string entry)
    {
        using var to = new MemoryStream();
        using (var zip = new ZipArchive(to, ZipArchiveMode.Create))
        {
            using var stream = zip.CreateEntry(entry).Open();
            stream.Write("<x/>"u8);
        }

        return to.ToArray();
    }
}
