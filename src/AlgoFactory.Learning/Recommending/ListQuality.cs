using System.Collections.Immutable;

namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// What is to be said of recommendations beside how right they are: a model that gives everyone the same items can be
/// right often and still be of no use.
/// </summary>
public static class ListQuality
{
    /// <summary>Items of a list.</summary>
    public const int Places = 10;

    /// <summary>Users that are looked at, at most: the first ones.</summary>
    public const int MostUsers = 5_000;

    /// <summary>
    /// <c>coverage@10</c>: the share of all items that any of the users is recommended. <c>novelty@10</c>: the mean of
    /// log2(users / users who met the item) over the recommended items (Zhou et al., PNAS 2010): bits, more is rarer.
    /// O(users × items × factors).
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="users">The users' codes; unknown ones are passed over.</param>
    /// <param name="parallel">How many threads, and what ends the search.</param>
    public static ImmutableArray<KeyValuePair<string, double>> Of(IRecommender model, IEnumerable<int> users, ParallelOptions parallel)
    {
        int[] known = [.. users.Where(u => u >= 0).Distinct().Take(MostUsers)];
        var buffer = new RecommendationBuffer(known.Length, Places);
        TopItems.Find(model, known, ItemFilter.Unseen, buffer, parallel);
        var (shown, counts) = (new HashSet<int>(), model.Seen.ItemCounts());
        var (bits, places) = (0.0, 0L);
        for (var user = 0; user < known.Length; user++)
            foreach (var item in buffer.Items(user))
            {
                shown.Add(item);
                bits += Math.Log2((double)model.Seen.UserCount / Math.Max(1, counts[item]));
                places++;
            }

        return
        [
            new($"coverage@{Places}", counts.Length > 0 ? (double)shown.Count / counts.Length : double.NaN),
            new($"novelty@{Places}", places > 0 ? bits / places : double.NaN),
        ];
    }
}
