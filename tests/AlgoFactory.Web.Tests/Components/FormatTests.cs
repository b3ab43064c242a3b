using AlgoFactory.Web.Components;

namespace AlgoFactory.Web.Tests.Components;

/// <summary>Numbers, sizes and times as people read them.</summary>
public sealed class FormatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(37, "37")]
    [InlineData(1_490_400, "1,490,400")]
    [InlineData(0.5, "0.5")]
    [InlineData(61.8, "61.8")]
    [InlineData(1234.56, "1,234.6")]
    [InlineData(0.00001234, "1.234e-5")]
    [InlineData(3.2e12, "3.2e+12")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(double.NaN, "–")]
    public void Number(double value, string text) => Format.Number(value).ShouldBe(text);

    [Theory]
    [InlineData(0, "0 %")]
    [InlineData(0.0088, "0.88 %")]
    [InlineData(0.057, "5.7 %")]
    [InlineData(0.3704, "37 %")]
    [InlineData(1, "100 %")]
    [InlineData(0.00001, "< 0.01 %")]
    public void Percent(double share, string text) => Format.Percent(share).ShouldBe(text);

    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(999, "999 bytes")]
    [InlineData(4_214_000, "4.2 MB")]
    [InlineData(128_000_000_000, "128 GB")]
    public void Bytes(long bytes, string text) => Format.Bytes(bytes).ShouldBe(text);

    [Theory]
    [InlineData(0.04, "0.04 s")]
    [InlineData(5.31, "5.3 s")]
    [InlineData(59.4, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7_500, "2 h 5 min")]
    [InlineData(90_000, "1 d 1 h")]
    public void Seconds(double seconds, string text) => Format.Seconds(seconds).ShouldBe(text);

    [Fact]
    public void Ago_counts_whole_units_and_gives_the_date_of_what_is_old()
    {
        var now = new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
        Format.Ago(now.AddSeconds(-59), now).ShouldBe("just now");
        Format.Ago(now.AddMinutes(-1), now).ShouldBe("1 minute ago");
        Format.Ago(now.AddHours(-5), now).ShouldBe("5 hours ago");
        Format.Ago(now.AddDays(-29), now).ShouldBe("29 days ago");
        Format.Ago(now.AddDays(-300), now).ShouldBe("26 Jan 2026");
    }

    [Fact]
    public void A_date_column_shows_the_time_of_day_only_where_there_is_one()
    {
        Format.UnixSeconds(86_400).ShouldBe("1970-01-02");
        Format.UnixSeconds(90_000).ShouldBe("1970-01-02 01:00");
        Format.UnixSeconds(double.PositiveInfinity).ShouldBe("–");
    }
}
