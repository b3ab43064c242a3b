using AlgoFactory.Learning.Features;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

public class TextTokensTests
{
    [Theory]
    [InlineData("", 0)]
    [InlineData("  ,. \n", 0)]
    [InlineData("word", 1)]
    [InlineData("two words", 3)]
    [InlineData("one two three", 5)]
    [InlineData("don't", 1)]
    [InlineData("free!", 3)]
    [InlineData("£500", 3)]
    [InlineData("😀 nice", 3)]
    [InlineData("日本語", 5)]
    [InlineData("\ud83d", 0)]
    public void Words_and_pairs_are_counted(string text, int expected) => Hash(text).Count.ShouldBe(expected);

    [Theory]
    [InlineData("Hello World", "hello, WORLD")]
    [InlineData("don't", "don’t")]
    [InlineData("call 83600", "call 12345")]
    [InlineData("ÄRGER", "ärger")]
    public void Texts_that_say_the_same_have_the_same_buckets(string one, string other) => Hash(one).ShouldBe(Hash(other));

    [Theory]
    [InlineData("a b", "b a")]
    [InlineData("ab", "a b")]
    [InlineData("1999", "2001")]
    [InlineData("12345", "123456")]
    public void Texts_that_do_not_have_others(string one, string other) => Hash(one).Order().ShouldNotBe(Hash(other).Order());

    [Fact]
    public void Buckets_are_in_range_and_spread()
    {
        var buckets = Hash(string.Join(' ', Enumerable.Range(0, 2000).Select(i => $"w{i}")));
        buckets.ShouldAllBe(b => b >= 0 && b < TextTokens.Buckets);
        // 3,999 balls in 262,144 urns meet about 30 times.
        buckets.Distinct().Count().ShouldBeGreaterThan(3900);
    }

    [Fact]
    public void Counts_are_of_distinct_buckets_in_ascending_order()
    {
        var (distinct, counts) = (new List<int>(), new List<int>());
        TextTokens.Count([5, 3, 5, 9, 5], distinct, counts);
        distinct.ShouldBe([3, 5, 9]);
        counts.ShouldBe([1, 3, 1]);
    }

    private static List<int> Hash(string text)
    {
        var buckets = new List<int>();
        TextTokens.Hash(text, buckets);
        return buckets;
    }
}
