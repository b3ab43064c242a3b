using System.Text;
using AlgoFactory.Data.Ingest.Delimited;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest.Delimited;

public class CsvDialectSnifferTests
{
    [Theory]
    [InlineData("a,b\n1,2\n3,4\n", ',')]
    [InlineData("a;b\n1,5;2,5\n3,1;4,0\n", ';')]
    [InlineData("a\tb\nx, y\tz\n1\t2\n", '\t')]
    [InlineData("a|b|c\n1|2|3\n", '|')]
    [InlineData("a b c\n1 2 3\n4 5 6\n", ' ')]
    [InlineData("text\nhello, world\nhow are you\nfine, thanks, and you\n", ',')]
    [InlineData("a,b\n1,2,3\n1,2\n4\n5,6\n", ',')]
    [InlineData("a;b\n\"x,y\";\"p;q\"\n\"x\";2\n", ';')]
    public void FindsTheSeparator(string text, char separator) =>
        CsvDialectSniffer.Sniff(Encoding.UTF8.GetBytes(text), whole: true, separator: null).Separator.ShouldBe((byte)separator);

    [Fact]
    public void FindsBackslashEscapesAndSingleQuotes()
    {
        CsvDialectSniffer.Sniff("a,b\n\"x \\\" y\",1\n\"p\\\"q\",2\n"u8.ToArray(), true, null).Escape.ShouldBe((byte)'\\');
        CsvDialectSniffer.Sniff("a,b\n'x, y',1\n'p, q',2\n"u8.ToArray(), true, null).Quote.ShouldBe((byte)'\'');
        CsvDialectSniffer.Sniff("a,b\nit's,1\nwe're,2\n"u8.ToArray(), true, null).Quote.ShouldBe((byte)'"');
    }

    [Theory]
    [InlineData("a,b\n1,2\n", true)]
    [InlineData("1,2\n3,4\n", false)]
    [InlineData("name,city\nAnn,Rome\nBob,Oslo\n", true)]
    [InlineData("Ann,Rome\nBob,Rome\nAnn,Oslo\n", false)]
    [InlineData("0,1,2,3\n5,6,7,8\n9,1,2,3\n", true)]
    [InlineData("a,b\n", true)]
    [InlineData("2020-01-01,x\n2020-01-02,y\n", false)]
    [InlineData("name,2019,2020\nx,1,2\ny,3,4\n", true)]
    public void TellsAHeaderFromARow(string text, bool header) =>
        CsvHeader.IsThere(Encoding.UTF8.GetBytes(text), CsvDialect.Rfc4180).ShouldBe(header);
}
