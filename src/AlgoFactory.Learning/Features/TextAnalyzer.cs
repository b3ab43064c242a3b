namespace AlgoFactory.Learning.Features;

/// <summary>Cuts a text into terms and hashes each into one of <see cref="TextTokens.Buckets"/> buckets.</summary>
/// <param name="Format">The format of a TF-IDF over these terms.</param>
/// <param name="Hash">Appends the buckets of a text's terms, repeats too, in any order.</param>
internal sealed record TextAnalyzer(string Format, Action<string?, List<int>> Hash)
{
    /// <summary>Words and pairs of neighbours.</summary>
    public static TextAnalyzer Words { get; } = new("tfidf/1", (text, to) => TextTokens.Hash(text, to));

    /// <summary>Runs of characters inside words.</summary>
    public static TextAnalyzer Characters { get; } = new("tfidf-characters/1", (text, to) => CharacterGrams.Hash(text, to));

    /// <summary>All of them in one space of buckets.</summary>
    public static TextAnalyzer WordsAndCharacters { get; } = new("", (text, to) =>
    {
        TextTokens.Hash(text, to);
        CharacterGrams.Hash(text, to);
    });
}
