using System.Text.Json;

namespace AlgoFactory.Learning.Tests.Features.Tokenizers;

/// <summary>
/// What the tokenizers library of Hugging Face (version 0.6 of its npm package @anush008/tokenizers) makes of odd strings:
/// <list type="bullet">
/// <item>byte-level BPE: the first 1,000 merges that it learned from data-samples/sms_spam.csv, its lines with their endings;</item>
/// <item>WordPiece: BERT's uncased normalizer and words, the part of BERT's vocabulary that the strings are made of;</item>
/// <item>unigram: pieces of a SentencePiece vocabulary that come in the strings, which were put into NFKC before.</item>
/// </list>
/// </summary>
internal sealed record ReferenceTokens(string[] Texts, ReferenceTokens.BytePairs BytePair, ReferenceTokens.WordPieces WordPiece, ReferenceTokens.Unigrams Unigram)
{
    public static ReferenceTokens Read() => JsonSerializer.Deserialize<ReferenceTokens>(
        File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Features", "Tokenizers", "Reference", "tokenizers.json")), JsonSerializerOptions.Web)!;

    internal sealed record BytePairs(int[][] Merges, int[][] Ids);

    internal sealed record WordPieces(string[] Vocabulary, int[][] Ids);

    internal sealed record Unigrams(JsonElement[][] Pieces, int[][] Ids);
}
