using AlgoFactory.Learning.Features;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

public class CharacterGramsTests
{
    [Fact]
    public void Runs_of_3_to_5_characters_lie_within_a_word_and_its_blanks()
    {
        // " ab " has " ab", "ab " and " ab "; " abc " has three, two and one.
        Hash("ab").Count.ShouldBe(3);
        Hash("abc").Count.ShouldBe(6);
        Hash("ab abc").ShouldBe([.. Hash("ab"), .. Hash("abc")]);
        Hash("a").Count.ShouldBe(1);
        Hash("  \t").ShouldBeEmpty();
    }

    [Fact]
    public void Case_and_place_do_not_matter_but_the_letters_do()
    {
        Hash("Word").ShouldBe(Hash("wORD"));
        Hash("running").Intersect(Hash("runner")).Count().ShouldBeGreaterThanOrEqualTo(5); // " ru", " run", " runn", "run", "runn", "unn"
        Hash("xyz").ShouldNotContain(Hash("abc")[0]);
    }

    [Fact]
    public void Runs_are_not_the_words_of_the_same_letters()
    {
        var words = new List<int>();
        TextTokens.Hash("abcd", words);
        Hash("abcd").Intersect(words).ShouldBeEmpty();
    }

    [Fact]
    public void Of_an_endless_word_only_the_beginning_counts()
    {
        Hash(new string('x', 100_000)).Count.ShouldBe(Hash(new string('x', 64)).Count);
        foreach (var odd in new[] { "\ud800", "\udc00\ud800", "\0", "é́", "👍🏽", "文字化け" })
            Should.NotThrow(() => Hash(odd));
    }

    private static List<int> Hash(string text)
    {
        var buckets = new List<int>();
        CharacterGrams.Hash(text, buckets);
        return buckets;
    }
}
