using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Data.Texts;

namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>A piece of a unigram vocabulary.</summary>
/// <param name="Text">The piece; <c>▁</c> stands for a blank.</param>
/// <param name="Score">The logarithm of its probability.</param>
public readonly record struct UnigramPiece(string Text, double Score);

/// <summary>
/// The unigram language model of SentencePiece (Kudo, Subword regularization, 2018): of all ways to put a text together from
/// pieces, the most probable one. Text is in the form NFKC, without control characters, its runs of blanks one blank, which
/// is written <c>▁</c>, with one before the first word.
/// </summary>
public sealed class UnigramTokenizer : ITokenizer
{
    private const char Blank = '\u2581';

    /// <summary>How much less probable an unknown character is than the rarest piece, as in SentencePiece.</summary>
    private const double UnknownPenalty = 10;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly ImmutableArray<UnigramPiece> _pieces;
    private readonly int _longest;
    private readonly double _unknownScore;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="pieces">The pieces by id; 0 is that of unknown characters.</param>
    /// <param name="reserved">How many of the first no text is cut into: the unknown one, and signs for beginning, end and the like.</param>
    /// <exception cref="ArgumentException">A piece is empty or its score is not finite, or there is none beside the reserved ones.</exception>
    public UnigramTokenizer(ImmutableArray<UnigramPiece> pieces, int reserved = 1)
    {
        if (reserved < 1 || reserved >= pieces.Length)
            throw new ArgumentException($"{reserved} reserved pieces leave none of {pieces.Length} for texts, or no unknown one.", nameof(reserved));
        _pieces = pieces;
        for (var i = reserved; i < pieces.Length; i++)
        {
            if (string.IsNullOrEmpty(pieces[i].Text) || !double.IsFinite(pieces[i].Score))
                throw new ArgumentException($"Piece {i}, '{pieces[i].Text}', is empty or has no finite score.", nameof(pieces));
            _ids[pieces[i].Text] = i; // vocabularies that are in use have pieces twice: the last one counts
        }

        _longest = _ids.Keys.Max(p => p.Length);
        _unknownScore = pieces.Skip(reserved).Min(p => p.Score) - UnknownPenalty;
    }

    /// <inheritdoc/>
    public int Count => _pieces.Length;

    /// <summary>The pieces by id.</summary>
    public ImmutableArray<UnigramPiece> Pieces => _pieces;

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> to)
    {
        var normal = Normalize(text).AsSpan();
        var (ids, starts) = (new int[normal.Length + 1], new int[normal.Length + 1]);
        FindBest(normal, ids, starts);

        // The best way is known from its end; neighbours that are unknown are one.
        var first = to.Count;
        for (var end = normal.Length; end > 0; end = starts[end])
            if (ids[end] != 0 || to.Count == first || to[^1] != 0)
                to.Add(ids[end]);
        to.Reverse(first, to.Count - first);
    }

    /// <summary>Viterbi's algorithm: for each place that can be an end, the piece that ends there and where it begins.</summary>
    private void FindBest(ReadOnlySpan<char> text, int[] ids, int[] starts)
    {
        var lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        var best = new double[text.Length + 1];
        Array.Fill(best, double.NegativeInfinity);
        best[0] = 0;
        for (var start = 0; start < text.Length;)
        {
            Rune.DecodeFromUtf16(text[start..], out _, out var character);
            var rest = text.Slice(start, Math.Min(_longest, text.Length - start));
            var single = false;
            for (var length = character; length <= rest.Length; length++)
            {
                if (!lookup.TryGetValue(rest[..length], out var id))
                    continue;
                single |= length == character;
                Offer(start + length, id, best[start] + _pieces[id].Score);
            }

            if (!single)
                Offer(start + character, 0, best[start] + _unknownScore);

            void Offer(int end, int id, double score)
            {
                if (score > best[end])
                    (best[end], ids[end], starts[end]) = (score, id, start);
            }

            start += character;
        }
    }

    private static string Normalize(ReadOnlySpan<char> text)
    {
        var made = new StringBuilder(text.Length + 16);
        var blank = true;
        foreach (var rune in UnicodeForm.Compatible(text.ToString()).EnumerateRunes())
        {
            if (IsBlank(rune))
            {
                blank = true;
                continue;
            }

            if (Rune.IsControl(rune))
                continue;
            if (blank)
                made.Append(Blank);
            blank = false;
            made.Append(rune);
        }

        return made.ToString();
    }

    /// <summary>White space, the mark of a blank itself, and what has no width (SentencePiece's rules nmt_nfkc).</summary>
    private static bool IsBlank(Rune rune) => Rune.IsWhiteSpace(rune) || rune.Value is Blank or (>= 0x200b and <= 0x200f) or 0xfeff;
}
