using System.Text;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Schemas;

public class ValueParserTests
{
    [Theory]
    [InlineData("1970-01-01", 0)]
    [InlineData("1970-01-02 00:00", 86400)]
    [InlineData("2001-04-19 17:25", 987701100)]
    [InlineData("2001-04-19T17:25:30.5Z", 987701130.5)]
    [InlineData("2001-04-19T19:25:30+02:00", 987701130)]
    [InlineData("2001-04-19 17:25:30.123456", 987701130.123456)]
    [InlineData("1969-12-31 23:59:59", -1)]
    [InlineData("2020-02", 1580515200)]
    public void ReadsIsoInstants(string text, double seconds) => Parse(text, ColumnKind.DateTime).ShouldBe((BindResult.Bound, seconds));

    [Theory]
    [InlineData("2020-13-01")]
    [InlineData("2020-02-30")]
    [InlineData("2020-02-03x")]
    [InlineData("2020-02-03 25:00")]
    [InlineData("20-02-03")]
    [InlineData("12:30")]
    public void RefusesWhatIsNoInstant(string text) => Parse(text, ColumnKind.DateTime).Result.ShouldBe(BindResult.Invalid);

    [Fact]
    public void ReadsTheSpecsOwnDateFormatAndIsoBeside()
    {
        var spec = Spec(ColumnKind.DateTime) with { DateFormat = "d.M.yyyy" };
        Parse("19.04.2001", spec).ShouldBe((BindResult.Bound, 987638400));
        Parse("2001-04-19", spec).ShouldBe((BindResult.Bound, 987638400));
        Parse("04/19/2001", spec).Result.ShouldBe(BindResult.Invalid);
    }

    [Fact]
    public void ReadsTruthValues()
    {
        var spec = Spec(ColumnKind.Boolean) with { Levels = ["nein", "ja"] };
        foreach (var text in new[] { "ja", "JA", "true", "True", "1" })
            Parse(text, spec).ShouldBe((BindResult.Bound, 1));
        foreach (var text in new[] { "nein", "Nein", "FALSE", "0" })
            Parse(text, spec).ShouldBe((BindResult.Bound, 0));
        Parse("vielleicht", spec).Result.ShouldBe(BindResult.Invalid);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("?")]
    [InlineData("NA")]
    [InlineData("NaN")]
    [InlineData("null")]
    [InlineData("-")]
    public void KnowsMissingValues(string text)
    {
        var (result, value) = Parse(text, Spec(ColumnKind.Numeric) with { MissingTokens = ["-"] });
        result.ShouldBe(BindResult.Missing);
        value.ShouldBe(double.NaN);
    }

    [Fact]
    public void NoneIsALevel() => ValueParser.IsMissing("None"u8).ShouldBeFalse();

    [Theory]
    [InlineData(0, "1970-01-01")]
    [InlineData(987701130.5, "2001-04-19 17:25:30.5")]
    [InlineData(1e300, "1E+300")]
    public void WritesInstants(double seconds, string text) => ValueParser.InstantText(seconds).ShouldBe(text);

    private static ColumnSpec Spec(ColumnKind kind) => new("c", kind, ColumnRole.Feature, 1, "");

    private static (BindResult Result, double Value) Parse(string text, ColumnKind kind) => Parse(text, Spec(kind));

    private static (BindResult Result, double Value) Parse(string text, ColumnSpec spec)
    {
        var result = ValueParser.Parse(Encoding.UTF8.GetBytes(text), spec, out var value);
        return (result, value);
    }
}
