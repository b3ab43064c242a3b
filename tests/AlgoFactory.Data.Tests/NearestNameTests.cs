using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests;

public class NearestNameTests
{
    private static readonly string[] Names = ["age", "hours_per_week", "native_country", "x1", "x2"];

    [Theory]
    [InlineData("hours_per_weak", "hours_per_week")]
    [InlineData("Native-Country", "native_country")]
    [InlineData("aeg", "age")]
    [InlineData("AGE", "age")]
    [InlineData("x3", "x1")]
    [InlineData("banana", null)]
    [InlineData("", null)]
    public void FindsWhatWasMeant(string name, string? nearest) => NearestName.Find(name, Names).ShouldBe(nearest);
}
