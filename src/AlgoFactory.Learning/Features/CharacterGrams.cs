namespace AlgoFactory.Learning.Features;

/// <summary>
/// Runs of characters inside words, lower-cased, a blank at each end of a word, hashed into buckets: what scikit-learn calls
/// the <c>char_wb</c> analyzer. They see stems, endings and misspellings that whole words do not.
/// </summary>
internal static class CharacterGrams
{
    /// <summary>Characters of the shortest run.</summary>
    public const int Shortest = 3;

    /// <summary>Characters of the longest run.</summary>
    public const int Longest = 5;

    /// <summary>Of a word longer than that (a link, data in base64), only the beginning is looked at.</summary>
    private const int LongestWord = 64;

    /// <summary>Runs of characters are told apart from words of the same letters by where their hashes begin.</summary>
    private const ulong Seed = 0x9E3779B97F4A7C15;

    /// <summary>Appends the buckets of a text's runs to <paramref name="buckets"/>, repeats too, in any order.</summary>
    public static void Hash(ReadOnlySpan<char> text, List<int> buckets)
    {
        Span<char> padded = stackalloc char[LongestWord + 2];
        padded[0] = ' ';
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var start = i;
            while (i < text.Length && !char.IsWhiteSpace(text[i]))
                i++;
            var word = text[start..Math.Min(i, start + LongestWord)];
            for (var c = 0; c < word.Length; c++)
                padded[c + 1] = char.ToLowerInvariant(word[c]);
            padded[word.Length + 1] = ' ';
            Runs(padded[..(word.Length + 2)], buckets);
        }
    }

    private static void Runs(ReadOnlySpan<char> word, List<int> buckets)
    {
        for (var start = 0; start + Shortest <= word.Length; start++)
        {
            var hash = Seed;
            for (var length = 1; length <= Longest && start + length <= word.Length; length++)
            {
                hash = TextTokens.Add(hash, word[start + length - 1]);
                if (length >= Shortest)
                    buckets.Add(TextTokens.Bucket(hash));
            }
        }
    }
}
