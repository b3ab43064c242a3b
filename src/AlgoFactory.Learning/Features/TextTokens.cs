using System.Runtime.InteropServices;

namespace AlgoFactory.Learning.Features;

/// <summary>
/// Cuts text into words, lower-cased, and hashes each word and each pair of neighbours into one of
/// <see cref="Buckets"/> buckets (Weinberger et al., Feature hashing for large scale multitask learning, 2009): no word
/// of the data is kept.
/// </summary>
/// <remarks>
/// A word is a run of letters, digits and inner apostrophes. Numbers of five digits and more count as one word a length.
/// The signs ! ? % # @, currency signs, emoji and each character of Chinese, Japanese and Korean are words of their own.
/// </remarks>
internal static class TextTokens
{
    /// <summary>The number of buckets.</summary>
    public const int Buckets = 1 << BucketBits;

    private const int BucketBits = 18;
    private const int LongNumber = 5;
    private const ulong FnvBasis = 14695981039346656037;
    private const ulong FnvPrime = 1099511628211;

    /// <summary>Appends the buckets of a text's words and pairs to <paramref name="buckets"/>, repeats too, in any order.</summary>
    public static void Hash(ReadOnlySpan<char> text, List<int> buckets)
    {
        ulong previous = 0;
        for (var i = 0; i < text.Length;)
        {
            var (length, hash) = Next(text[i..]);
            i += length;
            if (hash == 0)
                continue;
            buckets.Add(Bucket(hash));
            if (previous != 0)
                buckets.Add(Bucket(FoldAssignment.Mix(previous) ^ hash));
            previous = hash;
        }
    }

    /// <summary>Sorts the buckets and appends each distinct one with its count.</summary>
    public static void Count(List<int> buckets, List<int> distinct, List<int> counts)
    {
        var sorted = CollectionsMarshal.AsSpan(buckets);
        sorted.Sort();
        for (var i = 0; i < sorted.Length;)
        {
            var start = i;
            while (i < sorted.Length && sorted[i] == sorted[start])
                i++;
            distinct.Add(sorted[start]);
            counts.Add(i - start);
        }
    }

    /// <summary>The bucket of a hash.</summary>
    public static int Bucket(ulong hash) => (int)(FoldAssignment.Mix(hash) >> (64 - BucketBits));

    /// <summary>The length and hash of the token that the text begins with; hash 0: a character that counts for nothing.</summary>
    private static (int Length, ulong Hash) Next(ReadOnlySpan<char> text)
    {
        var first = text[0];
        if (char.IsSurrogatePair(first, text.Length > 1 ? text[1] : '\0'))
            return (2, Add(Add(FnvBasis, first), text[1]));
        if (!char.IsLetterOrDigit(first))
            return (1, "!?%#@".Contains(first) || char.GetUnicodeCategory(first) == System.Globalization.UnicodeCategory.CurrencySymbol ? Add(FnvBasis, first) : 0);
        if (IsIdeograph(first))
            return (1, Add(FnvBasis, first));

        var hash = FnvBasis;
        var digits = true;
        var length = 0;
        for (; length < text.Length; length++)
        {
            var c = text[length];
            if (c is '\'' or '\u2019' && length + 1 < text.Length && char.IsLetter(text[length + 1]))
                continue;
            if (!char.IsLetterOrDigit(c) || IsIdeograph(c))
                break;
            digits &= char.IsAsciiDigit(c);
            hash = Add(hash, char.ToLowerInvariant(c));
        }

        return (length, digits && length >= LongNumber ? FoldAssignment.Mix((ulong)length) : hash);
    }

    private static bool IsIdeograph(char c) => c is (>= '\u3040' and <= '\u30ff') or (>= '\u3400' and <= '\u9fff') or (>= '\uac00' and <= '\ud7a3');

    /// <summary>A hash with one more character (FNV-1a).</summary>
    public static ulong Add(ulong hash, char c) => (hash ^ c) * FnvPrime;
}
