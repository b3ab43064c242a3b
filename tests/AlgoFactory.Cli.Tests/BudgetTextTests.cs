using AlgoFactory.Cli.Commands;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Tests;

public class BudgetTextTests
{
    [Theory]
    [InlineData("90", 90)]
    [InlineData("60s", 60)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3600)]
    [InlineData("1.5H", 5400)]
    [InlineData(" 1 ", 1)]
    public void Times_are_read(string text, double seconds) => BudgetText.Parse(text).TotalSeconds.ShouldBe(seconds);

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("NaN")]
    [InlineData("1e9h")]
    [InlineData("5 minutes")]
    [InlineData("0.9")]
    [InlineData("99999h")]
    public void What_is_no_time_is_refused(string text) => Should.Throw<UsageException>(() => BudgetText.Parse(text));
}
