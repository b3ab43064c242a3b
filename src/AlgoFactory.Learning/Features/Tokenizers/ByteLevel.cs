using System.Buffers;
using System.Globalization;
using System.Text;

namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>
/// The words that byte-pair merges stay inside of, and the ids of single bytes, as GPT-2 has both (Radford et al., Language
/// models are unsupervised multitask learners, 2019): a word keeps the blank before it, and every byte is a token, so that
/// no text is unknown.
/// </summary>
internal static class ByteLevel
{
    /// <summary>The tokens that are single bytes.</summary>
    public const int Bytes = 256;

    private static readonly string[] Endings = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <summary>Byte → id. Visible characters of Latin-1 come first, in their order, then all other bytes in theirs.</summary>
    public static ReadOnlySpan<byte> Ids => IdsOfBytes;

    /// <summary>Id → byte.</summary>
    public static ReadOnlySpan<byte> OfIds => BytesOfIds;

    private static byte[] BytesOfIds { get; } =
        [.. Enumerable.Range(0, Bytes).OrderBy(b => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255) ? 0 : 1).ThenBy(b => b).Select(b => (byte)b)];

    private static byte[] IdsOfBytes { get; } = [.. Enumerable.Range(0, Bytes).Select(b => (byte)Array.IndexOf(BytesOfIds, (byte)b))];

    /// <summary>
    /// The length in characters of the word that the text begins with:
    /// <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>, over code points.
    /// </summary>
    public static int WordLength(ReadOnlySpan<char> text)
    {
        foreach (var ending in Endings)
            if (text.StartsWith(ending, StringComparison.Ordinal))
                return ending.Length;

        var start = text[0] == ' ' ? 1 : 0;
        if (start < text.Length && KindAt(text[start..], out _) is var kind && kind != Kind.Space)
            return start + Run(text[start..], kind);

        // Blanks: the last of them goes with the word that follows, unless it is alone.
        var blanks = Run(text, Kind.Space);
        return blanks == text.Length || blanks == 1 ? blanks : blanks - 1;
    }

    private static int Run(ReadOnlySpan<char> text, Kind kind)
    {
        var at = 0;
        while (at < text.Length && KindAt(text[at..], out var length) == kind)
            at += length;
        return at;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        if (Rune.DecodeFromUtf16(text, out var rune, out length) != OperationStatus.Done)
            return Kind.Other;
        if (Rune.IsWhiteSpace(rune))
            return Kind.Space;
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => Kind.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Kind.Number,
            _ => Kind.Other,
        };
    }
}
