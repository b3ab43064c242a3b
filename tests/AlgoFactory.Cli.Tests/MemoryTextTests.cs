using AlgoFactory.Cli.Commands;
using AlgoFactory.Hosting;

namespace AlgoFactory.Cli.Tests;

public class MemoryTextTests
{
    [Theory]
    [InlineData("2GB", 2L << 30)]
    [InlineData("512mb", 512L << 20)]
    [InlineData("1.5g", 3L << 29)]
    [InlineData(" 2GiB ", 2L << 30)]
    public void Amounts_are_read(string text, long bytes) => MemoryText.Parse(text).ShouldBe(bytes);

    [Theory]
    [InlineData("much", "no amount of memory")]
    [InlineData("2", "no amount of memory")]
    [InlineData("", "no amount of memory")]
    [InlineData("-2GB", "no amount of memory")]
    [InlineData("99999999GB", "no amount of memory")]
    [InlineData("10MB", "below 256MB")]
    public void What_is_none_is_refused(string text, string message) =>
        Should.Throw<UsageException>(() => MemoryText.Parse(text)).Message.ShouldContain(message);
}
