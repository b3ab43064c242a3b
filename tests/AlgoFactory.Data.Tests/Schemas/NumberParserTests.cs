using System.Globalization;
using System.Text;
using AlgoFactory.Data.Schemas;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Schemas;

public class NumberParserTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", -0.0)]
    [InlineData("+7", 7)]
    [InlineData("12.50", 12.5)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5)]
    [InlineData("1e+05", 100000)]
    [InlineData("-1.5E-3", -0.0015)]
    [InlineData("1,234", 1234)]
    [InlineData("-1,234,567.25", -1234567.25)]
    [InlineData("123456789012345678901234567890", 1.2345678901234568e29)]
    public void ReadsInvariantNumbers(string text, double expected) => Parse(text, false).ShouldBe(expected);

    [Theory]
    [InlineData("0,5", 0.5)]
    [InlineData("1.234,5", 1234.5)]
    [InlineData("1.234.567", 1234567)]
    [InlineData("1,234", 1.234)]
    [InlineData("1.5", 1.5)]
    [InlineData("-3", -3)]
    [InlineData("1,5e3", 1500)]
    public void ReadsDecimalCommas(string text, double expected) => Parse(text, true).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("abc")]
    [InlineData("1 2")]
    [InlineData("12abc")]
    [InlineData("1,23")]
    [InlineData("1,2345")]
    [InlineData(",123")]
    [InlineData("1234,567")]
    [InlineData("$5")]
    [InlineData("5%")]
    [InlineData("inf")]
    [InlineData("Infinity")]
    [InlineData("1e999")]
    [InlineData("0x10")]
    [InlineData("1.2.3")]
    public void RefusesWhatIsNoFiniteNumber(string text) =>
        NumberParser.TryParse(Encoding.UTF8.GetBytes(text), decimalComma: false, out _).ShouldBeFalse();

    [Fact]
    public void GivesTheSameBitsAsTheBcl() =>
        Prop.ForAll(ArbMap.Default.ArbFor<double>(), Gen.Choose(0, 17).ToArbitrary(), (value, digits) =>
        {
            if (!double.IsFinite(value))
                return;
            foreach (var text in new[] { value.ToString("R", CultureInfo.InvariantCulture), value.ToString("F" + digits, CultureInfo.InvariantCulture) })
            {
                var expected = double.Parse(text, CultureInfo.InvariantCulture);
                BitConverter.DoubleToInt64Bits(Parse(text, false)).ShouldBe(BitConverter.DoubleToInt64Bits(expected), text);
            }
        }).QuickCheckThrowOnFailure();

    private static double Parse(string text, bool decimalComma)
    {
        NumberParser.TryParse(Encoding.UTF8.GetBytes(text), decimalComma, out var value).ShouldBeTrue(text);
        return value;
    }
}
