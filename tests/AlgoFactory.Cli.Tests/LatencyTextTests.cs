using AlgoFactory.Cli.Commands;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Tests;

public class LatencyTextTests
{
    [Theory]
    [InlineData("50us", 50)]
    [InlineData("50µs", 50)]
    [InlineData(" 2MS ", 2000)]
    [InlineData("1.5ms", 1500)]
    [InlineData("1s", 1_000_000)]
    public void Latencies_are_read(string text, double microseconds) => LatencyText.Parse(text).TotalMicroseconds.ShouldBe(microseconds);

    [Theory]
    [InlineData("")]
    [InlineData("50")]
    [InlineData("0us")]
    [InlineData("-1ms")]
    [InlineData("us")]
    [InlineData("2h")]
    [InlineData("61s")]
    public void What_is_no_latency_is_refused(string text) => Should.Throw<UsageException>(() => LatencyText.Parse(text));
}
