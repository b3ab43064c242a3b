using System.Collections.Immutable;
using System.Text;

namespace AlgoFactory.Learning.Features.Tokenizers;

/// <summary>
/// Learns the merges of a <see cref="BytePairTokenizer"/>: the most frequent pair of neighbours inside words becomes a token, again and
/// again; of equally frequent ones the pair of the lowest ids.
/// </summary>
public static class BytePairTrainer
{
    /// <summary>Words that are told apart; further ones are not counted, so that memory is bounded whatever the texts.</summary>
    private const int MaxWords = 1 << 20;

    /// <summary>Of a longer word only its beginning is learned from, in characters.</summary>
    private const int MaxWordLength = 1000;

    /// <summary>Learns from texts.</summary>
    /// <param name="texts">The texts; null counts as none.</param>
    /// <param name="vocabulary">Tokens wanted, the 256 bytes among them; fewer when no pair is left that is frequent enough.</param>
    /// <param name="minFrequency">How often a pair must come to be merged.</param>
    /// <param name="cancellation">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not between 256 and 256 + <see cref="BytePairTokenizer.MaxMerges"/>.</exception>
    public static BytePairTokenizer Learn(IEnumerable<string?> texts, int vocabulary, int minFrequency = 2, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabulary, ByteLevel.Bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(vocabulary, ByteLevel.Bytes + BytePairTokenizer.MaxMerges);
        ArgumentOutOfRangeException.ThrowIfLessThan(minFrequency, 1);
        var pairs = new WordPairs(Words(texts, cancellation));
        var merges = ImmutableArray.CreateBuilder<TokenPair>();
        while (ByteLevel.Bytes + merges.Count < vocabulary && pairs.TakeBest(minFrequency) is { } best)
        {
            cancellation.ThrowIfCancellationRequested();
            pairs.Merge(best, ByteLevel.Bytes + merges.Count);
            merges.Add(best);
        }

        return new BytePairTokenizer(merges.ToImmutable());
    }

    private static List<(int[] Tokens, int Count)> Words(IEnumerable<string?> texts, CancellationToken cancellation)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            for (var rest = text.AsSpan(); !rest.IsEmpty;)
            {
                var length = ByteLevel.WordLength(rest);
                var word = rest[..Math.Min(length, MaxWordLength)];
                if (lookup.TryGetValue(word, out var count))
                    lookup[word] = count + 1;
                else if (counts.Count < MaxWords)
                    lookup[word] = 1;
                rest = rest[length..];
            }
        }

        return [.. counts.Select(w => (Array.ConvertAll(Encoding.UTF8.GetBytes(w.Key), b => (int)ByteLevel.Ids[b]), w.Value))];
    }

    /// <summary>The words under way, and how often each pair of neighbours comes in them.</summary>
    private sealed class WordPairs
    {
        private readonly (int[] Tokens, int Count)[] _words;
        private readonly Dictionary<TokenPair, long> _counts = [];
        private readonly Dictionary<TokenPair, HashSet<int>> _places = [];
        private readonly PriorityQueue<TokenPair, (long Count, TokenPair Pair)> _queue = new(new MostFrequentFirst());

        public WordPairs(List<(int[] Tokens, int Count)> words)
        {
            _words = [.. words];
            var found = new HashSet<TokenPair>();
            for (var w = 0; w < _words.Length; w++)
                for (var i = 0; i + 1 < _words[w].Tokens.Length; i++)
                    Count(new TokenPair(_words[w].Tokens[i], _words[w].Tokens[i + 1]), 1, w, found);
            Enqueue(found);
        }

        /// <summary>The most frequent pair, or null when none is frequent enough. The queue's counts may be old: they only ever were higher.</summary>
        public TokenPair? TakeBest(int minFrequency)
        {
            while (_queue.TryDequeue(out var pair, out var key))
            {
                var now = _counts[pair];
                if (now == key.Count)
                    return now >= minFrequency ? pair : null;
                if (now > 0)
                    _queue.Enqueue(pair, (now, pair));
            }

            return null;
        }

        /// <summary>Makes the pair one token in all words.</summary>
        public void Merge(TokenPair pair, int token)
        {
            var found = new HashSet<TokenPair>();
            foreach (var w in _places[pair])
            {
                var tokens = _words[w].Tokens;
                var kept = 0;
                for (var i = 0; i < tokens.Length; i++)
                {
                    if (i + 1 == tokens.Length || tokens[i] != pair.Left || tokens[i + 1] != pair.Right)
                    {
                        tokens[kept++] = tokens[i];
                        continue;
                    }

                    if (kept > 0)
                    {
                        Count(new TokenPair(tokens[kept - 1], pair.Left), -1, w, found);
                        Count(new TokenPair(tokens[kept - 1], token), 1, w, found);
                    }

                    if (i + 2 < tokens.Length)
                    {
                        Count(new TokenPair(pair.Right, tokens[i + 2]), -1, w, found);
                        Count(new TokenPair(token, tokens[i + 2]), 1, w, found);
                    }

                    tokens[kept++] = token;
                    i++;
                }

                _words[w].Tokens = tokens[..kept];
            }

            _places.Remove(pair);
            _counts[pair] = 0;
            found.Remove(pair);
            Enqueue(found);
        }

        private void Count(TokenPair pair, int sign, int word, HashSet<TokenPair> found)
        {
            _counts[pair] = _counts.GetValueOrDefault(pair) + sign * (long)_words[word].Count;
            if (sign < 0)
                return;
            if (!_places.TryGetValue(pair, out var places))
                _places[pair] = places = [];
            places.Add(word);
            found.Add(pair);
        }

        private void Enqueue(HashSet<TokenPair> pairs)
        {
            foreach (var pair in pairs)
                if (_counts[pair] > 0)
                    _queue.Enqueue(pair, (_counts[pair], pair));
        }
    }

    private sealed class MostFrequentFirst : IComparer<(long Count, TokenPair Pair)>
    {
        public int Compare((long Count, TokenPair Pair) x, (long Count, TokenPair Pair) y)
        {
            var order = y.Count.CompareTo(x.Count);
            if (order == 0)
                order = x.Pair.Left.CompareTo(y.Pair.Left);
            return order == 0 ? x.Pair.Right.CompareTo(y.Pair.Right) : order;
        }
    }
}
