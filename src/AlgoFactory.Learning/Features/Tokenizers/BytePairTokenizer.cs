using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using AlgoFactory.Learning.Artefacts;

namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>Two neighbouring tokens that became one.</summary>
/// <param name="Left">The first one's id.</param>
/// <param name="Right">The second one's id.</param>
public readonly record struct TokenPair(int Left, int Right);

/// <summary>
/// Byte-level byte-pair encoding (Sennrich et al., Neural machine translation of rare words with subword units, 2016; over bytes and with
/// the words of GPT-2, Radford et al., 2019). The 256 bytes have the ids that GPT-2 gives them; merge <c>i</c> makes token 256 + i.
/// <see cref="BytePairTrainer"/> learns merges from texts.
/// </summary>
public sealed class BytePairTokenizer : ITokenizer
{
    /// <summary>The most merges of a vocabulary.</summary>
    public const int MaxMerges = 1 << 18;

    /// <summary>Above so many bytes a word is merged with a heap, below by looking for the best pair again and again.</summary>
    private const int ShortWord = 64;

    private readonly ImmutableArray<TokenPair> _merges;
    private readonly Dictionary<TokenPair, int> _tokens;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="merges">The merges, the first learned first; each of tokens that are there before it.</param>
    /// <exception cref="ArgumentException">A merge is of tokens that are not there yet, or comes twice; or there are more than <see cref="MaxMerges"/>.</exception>
    public BytePairTokenizer(ImmutableArray<TokenPair> merges)
    {
        if (merges.Length > MaxMerges)
            throw new ArgumentException($"A vocabulary has {MaxMerges} merges at most, not {merges.Length}.", nameof(merges));
        _merges = merges;
        _tokens = new Dictionary<TokenPair, int>(merges.Length);
        for (var i = 0; i < merges.Length; i++)
        {
            var (left, right) = merges[i];
            var next = ByteLevel.Bytes + i;
            if ((uint)left >= (uint)next || (uint)right >= (uint)next || !_tokens.TryAdd(merges[i], next))
                throw new ArgumentException($"Merge {i} is of tokens that are not there yet, or there twice.", nameof(merges));
        }
    }

    /// <inheritdoc/>
    public int Count => ByteLevel.Bytes + _merges.Length;

    /// <summary>The merges, the first learned first.</summary>
    public ImmutableArray<TokenPair> Merges => _merges;

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="ArtefactFormatException">It is broken.</exception>
    public static BytePairTokenizer Read(ArtefactSection from)
    {
        var merges = from.ReadArray<int>("merges");
        if (merges.Length % 2 != 0)
            throw new ArtefactFormatException("A tokenizer's merges in the model file are not pairs.");
        try
        {
            return new BytePairTokenizer([.. Enumerable.Range(0, merges.Length / 2).Select(i => new TokenPair(merges[2 * i], merges[2 * i + 1]))]);
        }
        catch (ArgumentException e)
        {
            throw new ArtefactFormatException($"A tokenizer in the model file is broken: {e.Message}", e);
        }
    }

    /// <summary>Writes the merges.</summary>
    public void Write(ArtefactSectionWriter to) => to.WriteArray<int>("merges", [.. _merges.SelectMany(m => (int[])[m.Left, m.Right])]);

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<char> text, List<int> to)
    {
        while (!text.IsEmpty)
        {
            var length = ByteLevel.WordLength(text);
            EncodeWord(text[..length], to);
            text = text[length..];
        }
    }

    /// <summary>The text of tokens; bytes that are no UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not of the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var bytes = new ArrayBufferWriter<byte>();
        var pending = new Stack<int>();
        foreach (var id in ids)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(id, nameof(ids));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Count, nameof(ids));
            pending.Push(id);
            while (pending.TryPop(out var token))
            {
                if (token < ByteLevel.Bytes)
                {
                    bytes.Write(ByteLevel.OfIds.Slice(token, 1));
                    continue;
                }

                var (left, right) = _merges[token - ByteLevel.Bytes];
                pending.Push(right);
                pending.Push(left);
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    private void EncodeWord(ReadOnlySpan<char> word, List<int> to)
    {
        var bytes = Encoding.UTF8.GetByteCount(word);
        if (bytes > ShortWord)
        {
            EncodeLongWord(word, bytes, to);
            return;
        }

        Span<byte> utf8 = stackalloc byte[ShortWord];
        Span<int> tokens = stackalloc int[ShortWord];
        var count = Encoding.UTF8.GetBytes(word, utf8);
        for (var i = 0; i < count; i++)
            tokens[i] = ByteLevel.Ids[utf8[i]];
        while (true)
        {
            var (best, at) = (int.MaxValue, 0);
            for (var i = 0; i + 1 < count; i++)
                if (_tokens.TryGetValue(new TokenPair(tokens[i], tokens[i + 1]), out var token) && token < best)
                    (best, at) = (token, i);
            if (best == int.MaxValue)
                break;
            tokens[at] = best;
            tokens[(at + 2)..count].CopyTo(tokens[(at + 1)..]);
            count--;
        }

        foreach (var token in tokens[..count])
            to.Add(token);
    }

    /// <summary>The same in n log n: a linked list of tokens and a heap of pairs, where pairs that are no more are passed over.</summary>
    private void EncodeLongWord(ReadOnlySpan<char> word, int length, List<int> to)
    {
        var utf8 = new byte[length];
        Encoding.UTF8.GetBytes(word, utf8);
        var tokens = new int[length];
        var next = new int[length];
        var previous = new int[length];
        var pairs = new PriorityQueue<(int At, int Left, int Right), (int Token, int At)>();
        for (var i = 0; i < length; i++)
            (tokens[i], next[i], previous[i]) = (ByteLevel.Ids[utf8[i]], i + 1, i - 1);
        for (var i = 0; i + 1 < length; i++)
            Offer(i);
        while (pairs.TryDequeue(out var pair, out var best))
        {
            var right = next[pair.At];
            if (tokens[pair.At] != pair.Left || right >= length || tokens[right] != pair.Right)
                continue;
            tokens[pair.At] = best.Token;
            tokens[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < length)
                previous[next[right]] = pair.At;
            Offer(pair.At);
            if (previous[pair.At] >= 0)
                Offer(previous[pair.At]);
        }

        for (var i = 0; i < length; i = next[i])
            to.Add(tokens[i]);

        void Offer(int at)
        {
            if (next[at] < length && _tokens.TryGetValue(new TokenPair(tokens[at], tokens[next[at]]), out var token))
                pairs.Enqueue((at, tokens[at], tokens[next[at]]), (token, at));
        }
    }
}
