using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using AlgoFactory.Data.Texts;

namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>
/// WordPiece as BERT has it, in its uncased form (Devlin et al., BERT, 2019): text is cleaned, lower-cased and stripped of accents, cut
/// at blanks and around punctuation and Chinese characters; then each word is cut into the longest pieces from its left.
/// </summary>
public sealed class WordPieceTokenizer : ITokenizer
{
    private const string Continuing = "##";

    /// <summary>A longer word, in code points, is unknown.</summary>
    private const int MaxWordLength = 100;

    private readonly Dictionary<string, int> _ids;
    private readonly int _unknown;
    private readonly int _longest;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="vocabulary">The tokens by id: whole words and beginnings as they are, what continues a word after <c>##</c>.</param>
    /// <param name="unknown">The token of words that cannot be put together.</param>
    /// <exception cref="ArgumentException">A token comes twice, or that one is not among them.</exception>
    public WordPieceTokenizer(ImmutableArray<string> vocabulary, string unknown = "[UNK]")
    {
        _ids = new Dictionary<string, int>(vocabulary.Length, StringComparer.Ordinal);
        foreach (var token in vocabulary)
            if (!_ids.TryAdd(token, _ids.Count))
                throw new ArgumentException($"The token '{token}' is in the vocabulary twice.", nameof(vocabulary));
        if (!_ids.TryGetValue(unknown, out _unknown))
            throw new ArgumentException($"The token '{unknown}' is not in the vocabulary.", nameof(unknown));
        _longest = vocabulary.Max(t => t.Length);
    }

    /// <inheritdoc/>
    public int Count => _ids.Count;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> to)
    {
        var word = new StringBuilder();
        foreach (var rune in Normalize(text).EnumerateRunes())
        {
            if (rune.Value != ' ' && !IsPunctuation(rune))
            {
                word.Append(rune);
                continue;
            }

            Flush();
            if (rune.Value != ' ')
                EncodeWord(rune.ToString(), to);
        }

        Flush();

        void Flush()
        {
            if (word.Length > 0)
                EncodeWord(word.ToString(), to);
            word.Clear();
        }
    }

    private static string Normalize(ReadOnlySpan<char> text)
    {
        var clean = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune))
                clean.Append(' ');
            else if (IsIdeograph(rune.Value))
                clean.Append(' ').Append(rune).Append(' ');
            else if (rune != Rune.ReplacementChar && !IsControl(rune))
                clean.Append(rune);
        }

        var plain = new StringBuilder(clean.Length);
        foreach (var rune in UnicodeForm.Decomposed(clean.ToString()).EnumerateRunes())
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
                plain.Append(Rune.ToLowerInvariant(rune));
        return plain.ToString();
    }

    private static bool IsControl(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse;

    private static bool IsPunctuation(Rune rune) =>
        rune.IsAscii ? char.IsPunctuation((char)rune.Value) || char.IsSymbol((char)rune.Value) : Rune.IsPunctuation(rune);

    private static bool IsIdeograph(int value) => value is
        (>= 0x4e00 and <= 0x9fff) or (>= 0x3400 and <= 0x4dbf) or (>= 0x20000 and <= 0x2a6df) or (>= 0x2a700 and <= 0x2b73f) or
        (>= 0x2b740 and <= 0x2b81f) or (>= 0x2b920 and <= 0x2ceaf) or (>= 0xf900 and <= 0xfaff) or (>= 0x2f800 and <= 0x2fa1f);

    private void EncodeWord(string word, List<int> to)
    {
        var start = to.Count;
        if (word.EnumerateRunes().Count() <= MaxWordLength && TryPieces(word, to))
            return;
        to.RemoveRange(start, to.Count - start);
        to.Add(_unknown);
    }

    private bool TryPieces(ReadOnlySpan<char> word, List<int> to)
    {
        var lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        Span<char> piece = stackalloc char[Continuing.Length + 2 * MaxWordLength];
        Continuing.CopyTo(piece);
        word.CopyTo(piece[Continuing.Length..]);
        for (var at = 0; at < word.Length;)
        {
            // What continues a word is looked for with its mark, which is written over what came before.
            var from = at;
            if (at > 0)
                Continuing.CopyTo(piece[at..]);
            else
                from = Continuing.Length;
            var rest = piece[from..(Continuing.Length + word.Length)];
            var length = Math.Min(rest.Length, _longest);
            var shortest = at > 0 ? Continuing.Length : 0;
            int id = -1;
            while (length > shortest && !lookup.TryGetValue(rest[..length], out id))
                length--;
            if (length == shortest)
                return false;
            to.Add(id);
            at += length - shortest;
        }

        return true;
    }
}
