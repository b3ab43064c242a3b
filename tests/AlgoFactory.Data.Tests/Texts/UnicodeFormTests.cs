using AlgoFactory.Data.Texts;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Texts;

/// <summary>Examples of UAX #15.</summary>
public sealed class UnicodeFormTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain", "plain")]
    [InlineData("\u212b", "A\u030a")]
    [InlineData("\u1e69", "s\u0323\u0307")]
    [InlineData("q\u0307\u0323", "q\u0323\u0307")]
    [InlineData("\ud55c", "\u1112\u1161\u11ab")]
    [InlineData("\ufb01", "\ufb01")]
    [InlineData("\0é\0\0é", "\0e\u0301\0\0e\u0301")]
    public void Characters_are_taken_apart(string text, string expected) => UnicodeForm.Decomposed(text).ShouldBe(expected);

    /// <summary>Not an example in an attribute: those are kept as UTF-8, which has no lone surrogates.</summary>
    [Fact]
    public void Half_a_character_is_replaced() => UnicodeForm.Decomposed("\ud83d!").ShouldBe("\ufffd!");

    [Theory]
    [InlineData("s\u0323\u0307", "\u1e69")]
    [InlineData("\ufb01", "fi")]
    [InlineData("2\u2075", "25")]
    [InlineData("\u1112\u1161\u11ab", "\ud55c")]
    [InlineData("\uff21\u2460\u33a0", "A1cm2")]
    [InlineData("\ud835\udd38\0", "A\0")]
    public void Compatible_characters_are_plain_and_joined(string text, string expected) => UnicodeForm.Compatible(text).ShouldBe(expected);
}
