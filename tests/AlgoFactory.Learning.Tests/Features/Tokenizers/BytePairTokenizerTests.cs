using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features.Tokenizers;
using AlgoFactory.TestKit;
using FsCheck;
using FsCheck.Fluent;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Tokenizers;

public sealed class BytePairTokenizerTests
{
    private static readonly ReferenceTokens Reference = ReferenceTokens.Read();
    private static readonly BytePairTokenizer Tokenizer = new([.. Reference.BytePair.Merges.Select(m => new TokenPair(m[0], m[1]))]);

    [Fact]
    public void Odd_texts_have_the_tokens_of_the_reference()
    {
        for (var i = 0; i < Reference.Texts.Length; i++)
            Encode(Reference.Texts[i]).AsEnumerable().ShouldBe(Reference.BytePair.Ids[i], customMessage: $"text {i}: {Reference.Texts[i]}");
    }

    [Fact]
    public void Merges_are_learned_as_by_the_reference()
    {
        var text = File.ReadAllText(TempFolder.Sample("sms_spam.csv"));
        var lines = text.Split('\n').Select((line, i) => line + "\n").SkipLast(text.EndsWith('\n') ? 1 : 0);
        BytePairTrainer.Learn(lines, 256 + 1000).Merges.ShouldBe(Tokenizer.Merges);
    }

    [Fact]
    public void Any_text_comes_back_from_its_tokens() =>
        Prop.ForAll<string>(text => Tokenizer.Decode([.. Encode(text ?? "")]) == Valid(text ?? "")).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("\ud83d lone")]
    [InlineData("lone \udc00")]
    [InlineData("\ud83d\ud83d\ude00")]
    public void Unpaired_surrogates_are_replacement_characters(string text) => Tokenizer.Decode([.. Encode(text)]).ShouldBe(Valid(text));

    /// <summary>Words of few letters are merged deep; long ones take the other way through the code.</summary>
    [Fact]
    public void Long_words_are_merged_as_short_ones()
    {
        var random = new Random(5);
        var learned = BytePairTrainer.Learn(Enumerable.Range(0, 200).Select(_ => Word(random, 40)), 256 + 300);
        foreach (var length in (int[])[1, 2, 10, 63, 64, 65, 66, 200, 900])
            for (var i = 0; i < 10; i++)
            {
                var word = Word(random, length);
                var tokens = new List<int>();
                learned.Encode(word, tokens);
                tokens.AsEnumerable().ShouldBe(NaiveBytePairs.Encode(System.Text.Encoding.UTF8.GetBytes(word).Select(b => (int)ByteLevel.Ids[b]), learned.Merges.Select(m => (m.Left, m.Right))), customMessage: word);
            }
    }

    [Fact]
    public void A_word_of_a_million_letters_is_no_trouble() => Encode(string.Concat(Enumerable.Repeat("ing", 400_000))).Count.ShouldBe(400_000);

    [Fact]
    public void Short_words_cost_no_memory()
    {
        var tokens = new List<int>(10_000);
        Allocation.Least(() =>
        {
            tokens.Clear();
            Tokenizer.Encode("You have won a free prize, call now on 0800 now", tokens);
        }).ShouldBe(0);
    }

    [Fact]
    public void A_vocabulary_comes_back_from_a_model_file()
    {
        var writer = new ArtefactSectionWriter();
        Tokenizer.Write(writer);
        BytePairTokenizer.Read(ArtefactSection.Of(writer)).Merges.ShouldBe(Tokenizer.Merges);
    }

    [Theory]
    [InlineData(0, 256)]
    [InlineData(-1, 0)]
    [InlineData(0, 1, 0, 1)]
    [InlineData(0)]
    public void A_broken_vocabulary_is_refused(params int[] merges)
    {
        var writer = new ArtefactSectionWriter();
        writer.WriteArray<int>("merges", merges);
        Should.Throw<ArtefactFormatException>(() => BytePairTokenizer.Read(ArtefactSection.Of(writer)));
    }

    [Fact]
    public void Learning_ends_when_no_pair_comes_often_enough()
    {
        BytePairTrainer.Learn([], 1000).Count.ShouldBe(256);
        BytePairTrainer.Learn([null, "", "ab", "ab"], 1000).Merges.ShouldHaveSingleItem();
        BytePairTrainer.Learn(["ab"], 1000).Merges.ShouldBeEmpty();
    }

    [Fact]
    public void Unknown_ids_are_refused() => Should.Throw<ArgumentOutOfRangeException>(() => Tokenizer.Decode([Tokenizer.Count]));

    private static string Word(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => (char)('a' + random.Next(3))));

    private static string Valid(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    private static List<int> Encode(string text)
    {
        var tokens = new List<int>();
        Tokenizer.Encode(text, tokens);
        return tokens;
    }
}
