using System.Text;
using AlgoFactory.Data.Ingest.Encodings;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Ingest.Encodings;

public class TextEncodingDetectorTests
{
    private const string Western = "name,value\nMüller,1\nGarçon,2\nAño,3\n";
    private const string Russian = "имя,город\nИван,Москва\nМария,Санкт-Петербург\n";
    private const string Japanese = "なまえ,まち\nたなかさん,とうきょう\nスズキ,オオサカ\n";

    public TextEncodingDetectorTests() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);

    [Theory]
    [InlineData("utf-8", true, Western)]
    [InlineData("utf-8", false, Western)]
    [InlineData("utf-16", true, Western)]
    [InlineData("utf-16", false, Western)]
    [InlineData("utf-16BE", true, Western)]
    [InlineData("utf-16BE", false, Western)]
    [InlineData("utf-32", true, Western)]
    [InlineData("windows-1252", false, Western)]
    [InlineData("windows-1251", false, Russian)]
    [InlineData("koi8-r", false, Russian)]
    [InlineData("shift_jis", false, Japanese)]
    public void RecognisesTheEncoding(string name, bool mark, string text)
    {
        using var folder = new TempFolder();
        var encoding = Encoding.GetEncoding(name);
        var path = folder.Write("t.csv", mark ? [.. encoding.Preamble, .. encoding.GetBytes(text)] : encoding.GetBytes(text));
        var detected = TextEncodingDetector.Detect(path);
        detected.Encoding.CodePage.ShouldBe(encoding.CodePage);
        using var reader = new StreamReader(detected.OpenUtf8(path));
        reader.ReadToEnd().ShouldBe(text);
    }

    [Fact]
    public void LooksBeyondAsciiBeginnings()
    {
        using var folder = new TempFolder();
        var path = folder.Write("t.csv", Encoding.GetEncoding("windows-1252").GetBytes(string.Concat(Enumerable.Repeat("plain,1\n", 100_000)) + "Müller,2\n"));
        TextEncodingDetector.Detect(path).Encoding.CodePage.ShouldBe(1252);
    }

    [Fact]
    public void SplitsOfCharactersBetweenBlocksAreNoErrors()
    {
        using var folder = new TempFolder();
        for (var shift = 0; shift < 4; shift++)
        {
            var path = folder.Write("t.csv", new string('a', shift) + string.Concat(Enumerable.Repeat("😀", 200_000)));
            TextEncodingDetector.Detect(path).ShouldSatisfyAllConditions(e => e.IsUtf8.ShouldBeTrue(), e => e.Valid.ShouldBeTrue());
        }
    }

    [Fact]
    public void ATornByteMakesNoCodePage()
    {
        using var folder = new TempFolder();
        byte[] bytes = [.. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("Müller,ä\n", 50))), 0xFF, (byte)'\n'];
        TextEncodingDetector.Detect(folder.Write("t.csv", bytes)).ShouldSatisfyAllConditions(e => e.IsUtf8.ShouldBeTrue(), e => e.Valid.ShouldBeFalse());
    }

    [Fact]
    public void RefusesUnknownNames() =>
        Should.Throw<DataFormatException>(() => TextEncoding.ByName("klingon")).Message.ShouldContain("no text encoding 'klingon'");
}
