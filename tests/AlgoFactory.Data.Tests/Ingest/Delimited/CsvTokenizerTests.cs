using System.Text;
using AlgoFactory.Data.Ingest.Delimited;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest.Delimited;

public class CsvTokenizerTests
{
    [Fact]
    public void ReadsQuotesEscapesAndLineEnds()
    {
        var records = Tokens("a,\"b,1\",c\r\n\"x\"\"y\",\"line\nbreak\",\n\n , \rlast,\"\",z", out var lines);
        records.ShouldBe([["a", "b,1", "c"], ["x\"y", "line\nbreak", ""], [" ", " "], ["last", "", "z"]]);
        lines.ShouldBe([1, 2, 5, 6]);
    }

    [Fact]
    public void ReadsABackslashAsEscapeWhenTheDialectSaysSo()
    {
        Tokens("\"say \\\"hi\\\"\",2\n", out _, new CsvDialect((byte)',', (byte)'"', (byte)'\\')).ShouldBe([["say \"hi\"", "2"]]);
    }

    [Fact]
    public void EndsABrokenRecordAtItsFirstLineAndGoesOnWithTheNext()
    {
        Errors("a,b\n\"x\"y,2\nc,d\n\"never closed,1\ne,f\n")
            .ShouldBe([(1, null), (2, "text follows a closing quote"), (3, null), (4, "a quote is opened and never closed"), (5, null)]);
    }

    [Fact]
    public void ReportsZeroBytesAndInvalidUtf8()
    {
        var bytes = Encoding.UTF8.GetBytes("a,b\n1,\0\n2,").Concat(new byte[] { 0xFF, (byte)'\n' }).Concat("3,4\n"u8.ToArray()).ToArray();
        using var records = new CsvTokenizer(new MemoryStream(bytes), CsvDialect.Rfc4180, validate: true);
        var errors = new List<string?>();
        while (records.Read())
            errors.Add(records.Error);
        errors.ShouldBe([null, "it holds a zero byte", "it is not valid UTF-8", null]);
    }

    [Fact]
    public void RefusesALineWithoutEnd()
    {
        using var records = new CsvTokenizer(new MemoryStream(new byte[CsvTokenizer.LongestRecord + 10].Select(_ => (byte)'x').ToArray()), CsvDialect.Rfc4180, validate: false);
        Should.Throw<DataFormatException>(() => records.Read()).Message.ShouldContain("Line 1 is longer than 16 MiB");
    }

    [Fact]
    public void AnyTableComesBackWhateverTheBuffersSize()
    {
        var field = Gen.Elements("", "a", "b c", "x,y", "\"", "\"\"", "q\"q", "l\nf", "c\rr", "\r\n", "é€😀", "  ", ",", "1.5");
        var table = Gen.Choose(1, 4).SelectMany(width => field.ArrayOf(width).ArrayOf());
        Prop.ForAll(table.ToArbitrary(), Gen.Choose(16, 200).ToArbitrary(), (rows, bufferSize) =>
        {
            var text = string.Concat(rows.Select(row => string.Join(",", row.Select(f => '"' + f.Replace("\"", "\"\"") + '"')) + "\n"));
            using var records = new CsvTokenizer(new MemoryStream(Encoding.UTF8.GetBytes(text)), CsvDialect.Rfc4180, validate: true, bufferSize);
            foreach (var row in rows)
            {
                records.Read().ShouldBeTrue();
                records.Error.ShouldBeNull();
                Fields(records).ShouldBe(row);
            }

            records.Read().ShouldBeFalse();
        }).QuickCheckThrowOnFailure();
    }

    private static string[][] Tokens(string text, out long[] lines, CsvDialect? dialect = null)
    {
        using var records = new CsvTokenizer(new MemoryStream(Encoding.UTF8.GetBytes(text)), dialect ?? CsvDialect.Rfc4180, validate: true, bufferSize: 16);
        var found = new List<string[]>();
        var at = new List<long>();
        while (records.Read())
        {
            found.Add(Fields(records));
            at.Add(records.Line);
        }

        lines = [.. at];
        return [.. found];
    }

    private static (long, string?)[] Errors(string text)
    {
        using var records = new CsvTokenizer(new MemoryStream(Encoding.UTF8.GetBytes(text)), CsvDialect.Rfc4180, validate: true, bufferSize: 16);
        var found = new List<(long, string?)>();
        while (records.Read())
            found.Add((records.Line, records.Error));
        return [.. found];
    }

    private static string[] Fields(CsvTokenizer records)
    {
        var fields = new string[records.FieldCount];
        for (var i = 0; i < fields.Length; i++)
            fields[i] = Encoding.UTF8.GetString(records[i]);
        return fields;
    }
}
