using AlgoFactory.Learning.Features.Tokenizers;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features.Tokenizers;

/// <summary>Tokenizers whose vocabulary is given: WordPiece and unigram.</summary>
public sealed class VocabularyTokenizerTests
{
    private static readonly ReferenceTokens Reference = ReferenceTokens.Read();
    private static readonly WordPieceTokenizer WordPiece = new([.. Reference.WordPiece.Vocabulary]);

    private static readonly UnigramTokenizer Unigram =
        new([.. Reference.Unigram.Pieces.Select(p => new UnigramPiece(p[0].GetString()!, p[1].GetDouble()))]);

    [Fact]
    public void Odd_texts_have_the_word_pieces_of_the_reference()
    {
        for (var i = 0; i < Reference.Texts.Length; i++)
            Encode(WordPiece, Reference.Texts[i]).AsEnumerable().ShouldBe(Reference.WordPiece.Ids[i], customMessage: $"text {i}: {Reference.Texts[i]}");
    }

    [Fact]
    public void Odd_texts_have_the_unigrams_of_the_reference()
    {
        for (var i = 0; i < Reference.Texts.Length; i++)
            Encode(Unigram, Reference.Texts[i]).AsEnumerable().ShouldBe(Reference.Unigram.Ids[i], customMessage: $"text {i}: {Reference.Texts[i]}");
    }

    [Fact]
    public void Unpaired_surrogates_are_lost_characters()
    {
        Encode(WordPiece, "it\ud83d").ShouldBe(Encode(WordPiece, "it"));
        Encode(Unigram, "a\udc00").ShouldBe(Encode(Unigram, "a\ufffd"));
    }

    [Fact]
    public void The_most_probable_pieces_are_chosen_not_the_longest()
    {
        var tokenizer = new UnigramTokenizer([new("<unk>", 0), new("\u2581", -1), new("ab", -2), new("abc", -9), new("c", -3), new("\u2581a", -4), new("b", -4)]);
        Encode(tokenizer, "abc").ShouldBe([1, 2, 4]);
        Encode(tokenizer, "  abc \t abc ").ShouldBe([1, 2, 4, 1, 2, 4]);
        Encode(tokenizer, "xyz").ShouldBe([1, 0]);
    }

    [Fact]
    public void A_vocabulary_that_cannot_be_used_is_refused()
    {
        Should.Throw<ArgumentException>(() => new WordPieceTokenizer(["a", "b"])).Message.ShouldContain("[UNK]");
        Should.Throw<ArgumentException>(() => new WordPieceTokenizer(["[UNK]", "a", "a"])).Message.ShouldContain("twice");
        Should.Throw<ArgumentException>(() => new UnigramTokenizer([new("<unk>", 0)]));
        Should.Throw<ArgumentException>(() => new UnigramTokenizer([new("<unk>", 0), new("a", double.NaN)]));
    }

    private static List<int> Encode(ITokenizer tokenizer, string text)
    {
        var tokens = new List<int>();
        tokenizer.Encode(text, tokens);
        return tokens;
    }
}
