using System.Buffers;

namespace AlgoFactory.Learning.Recommending;

/// <summary>Which items may be recommended.</summary>
/// <param name="ExcludeSeen">Whether the items that a user met in the training rows are left out.</param>
/// <param name="Allowed">One truth value an item, or null: all.</param>
public sealed record ItemFilter(bool ExcludeSeen = true, bool[]? Allowed = null)
{
    /// <summary>All items that the user has not met.</summary>
    public static readonly ItemFilter Unseen = new();
}

/// <summary>The recommendations of some users: a fixed number of places each, the best first.</summary>
public sealed class RecommendationBuffer
{
    private readonly int[] _items;
    private readonly float[] _scores;
    private readonly int[] _counts;

    /// <summary>Makes room for that many users of <paramref name="n"/> items each; it can be filled again and again.</summary>
    public RecommendationBuffer(int users, int n)
    {
        (Places, Capacity) = (n, users);
        (_items, _scores, _counts) = (new int[users * n], new float[users * n], new int[users]);
    }

    /// <summary>Items a user at most.</summary>
    public int Places { get; }

    /// <summary>Users at most.</summary>
    public int Capacity { get; }

    /// <summary>A user's items, the best first: fewer than <see cref="Places"/> where not as many are allowed.</summary>
    public ReadOnlySpan<int> Items(int user) => _items.AsSpan(user * Places, _counts[user]);

    /// <summary>The scores of <see cref="Items"/>.</summary>
    public ReadOnlySpan<float> Scores(int user) => _scores.AsSpan(user * Places, _counts[user]);

    internal Span<int> ItemPlaces(int user) => _items.AsSpan(user * Places, Places);

    internal Span<float> ScorePlaces(int user) => _scores.AsSpan(user * Places, Places);

    internal void SetCount(int user, int count) => _counts[user] = count;
}

/// <summary>
/// The exact best items of users. Scores are made block by block (some users × some items, which fit the second-level
/// cache) and go straight into each user's heap of the best n, so that no matrix of scores is ever held. A block's
/// scores are compared with the heap's worst, eight at a time; hardly any gets past it. O(items × factors + n log n log
/// items) a user. Ties go to the lower code, which is the more frequent item.
/// </summary>
public static class TopItems
{
    private const int BlockUsers = 8;
    private const int BlockItems = 4096;

    /// <summary>Finds the best items of users.</summary>
    /// <param name="model">The model.</param>
    /// <param name="users">The users' codes; -1 is one that is not known.</param>
    /// <param name="filter">Which items may be recommended.</param>
    /// <param name="to">Has room for the users; its places say how many items are wanted.</param>
    public static void Find(IRecommender model, ReadOnlySpan<int> users, ItemFilter filter, RecommendationBuffer to)
    {
        Check(model, users.Length, filter, to);
        var scratch = ArrayPool<float>.Shared.Rent(BlockUsers * BlockItems);
        try
        {
            for (var first = 0; first < users.Length; first += BlockUsers)
                FindBlock(model, users.Slice(first, Math.Min(BlockUsers, users.Length - first)), first, filter, to, scratch);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(scratch);
        }
    }

    /// <summary>The same on several threads.</summary>
    /// <param name="model">The model.</param>
    /// <param name="users">The users' codes.</param>
    /// <param name="filter">Which items may be recommended.</param>
    /// <param name="to">Has room for the users.</param>
    /// <param name="parallel">How many threads, and what ends the search.</param>
    public static void Find(IRecommender model, ReadOnlyMemory<int> users, ItemFilter filter, RecommendationBuffer to, ParallelOptions parallel)
    {
        Check(model, users.Length, filter, to);
        Parallel.For(0, (users.Length + BlockUsers - 1) / BlockUsers, parallel, () => ArrayPool<float>.Shared.Rent(BlockUsers * BlockItems), (block, _, scratch) =>
        {
            var first = block * BlockUsers;
            FindBlock(model, users.Span.Slice(first, Math.Min(BlockUsers, users.Length - first)), first, filter, to, scratch);
            return scratch;
        }, scratch => ArrayPool<float>.Shared.Return(scratch));
    }

    /// <summary>Finds the items that are most alike to each of some; those that are not alike at all (0 or less) are left out.</summary>
    /// <param name="model">The model.</param>
    /// <param name="items">The items' codes; -1 is one that is not known, and has none.</param>
    /// <param name="to">Has room for the items; its places say how many are wanted.</param>
    public static void FindSimilar(IRecommender model, ReadOnlySpan<int> items, RecommendationBuffer to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(items.Length, to.Capacity);
        var scratch = ArrayPool<float>.Shared.Rent(Math.Max(1, model.Seen.ItemCount));
        var scores = scratch.AsSpan(0, model.Seen.ItemCount);
        for (var i = 0; i < items.Length; i++)
        {
            to.SetCount(i, 0);
            if (items[i] < 0)
                continue;
            model.Similarity(items[i], scores);
            scores[items[i]] = float.NegativeInfinity;
            foreach (ref var score in scores)
                score = score > 0 ? score : float.NegativeInfinity;
            var heap = new BestOf(to.ScorePlaces(i), to.ItemPlaces(i), 0);
            heap.OfferAll(scores, 0);
            heap.Sort();
            to.SetCount(i, heap.Count);
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    private static void Check(IRecommender model, int users, ItemFilter filter, RecommendationBuffer to)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(users, to.Capacity);
        if (filter.Allowed is { } allowed && allowed.Length != model.Seen.ItemCount)
            throw new ArgumentException($"{allowed.Length} marks for {model.Seen.ItemCount} items.", nameof(filter));
    }

    private static void FindBlock(IRecommender model, ReadOnlySpan<int> users, int slot, ItemFilter filter, RecommendationBuffer to, float[] scratch)
    {
        Span<int> counts = stackalloc int[BlockUsers];
        Span<int> seenAt = stackalloc int[BlockUsers];
        counts.Clear();
        seenAt.Clear();
        for (var firstItem = 0; firstItem < model.Seen.ItemCount; firstItem += BlockItems)
        {
            var width = Math.Min(BlockItems, model.Seen.ItemCount - firstItem);
            model.Score(users, firstItem, scratch.AsSpan(0, users.Length * width));
            for (var u = 0; u < users.Length; u++)
            {
                var scores = scratch.AsSpan(u * width, width);
                Strike(scores, firstItem, filter, filter.ExcludeSeen ? model.Seen.Items(users[u]) : [], ref seenAt[u]);
                var heap = new BestOf(to.ScorePlaces(slot + u), to.ItemPlaces(slot + u), counts[u]);
                heap.OfferAll(scores, firstItem);
                counts[u] = heap.Count;
            }
        }

        for (var u = 0; u < users.Length; u++)
        {
            to.SetCount(slot + u, counts[u]);
            new BestOf(to.ScorePlaces(slot + u), to.ItemPlaces(slot + u), counts[u]).Sort();
            var (low, high) = model.Range;
            foreach (ref var score in to.ScorePlaces(slot + u)[..counts[u]])
                score = Math.Clamp(score, low, high);
        }
    }

    /// <summary>Takes out of a block what may not be recommended: -∞ is never kept.</summary>
    private static void Strike(Span<float> scores, int firstItem, ItemFilter filter, ReadOnlySpan<int> seen, ref int seenAt)
    {
        for (; seenAt < seen.Length && seen[seenAt] < firstItem + scores.Length; seenAt++)
            scores[seen[seenAt] - firstItem] = float.NegativeInfinity;
        if (filter.Allowed is { } allowed)
            for (var i = 0; i < scores.Length; i++)
                if (!allowed[firstItem + i])
                    scores[i] = float.NegativeInfinity;
    }
}
