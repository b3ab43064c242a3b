using System.Buffers;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// The ranks that a recommender gives to held-out interactions: what the ranking metrics measure. O(items × (factors +
/// held-out items)) a user.
/// </summary>
public static class HeldOutRanks
{
    /// <summary>
    /// For each row the rank of its item among all items that its user has not met in training, 1 the first; +∞ for an item
    /// that the model does not know. Equal scores rank by code.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="rows">User and item codes.</param>
    /// <param name="ranks">One a row.</param>
    public static void Of(IRecommender model, FeatureBatch rows, Span<float> ranks)
    {
        var seen = model.Seen;
        var users = Codes.OfColumn(rows, 0, seen.UserCount);
        var items = Codes.OfColumn(rows, 1, seen.ItemCount);
        var order = Enumerable.Range(0, users.Length).OrderBy(row => users[row]).ToArray();
        var scratch = ArrayPool<float>.Shared.Rent(Math.Max(1, seen.ItemCount));
        var scores = scratch.AsSpan(0, seen.ItemCount);
        for (var at = 0; at < order.Length;)
        {
            var user = users[order[at]];
            model.Score([user], 0, scores);
            foreach (var met in seen.Items(user))
                scores[met] = float.NegativeInfinity;
            for (; at < order.Length && users[order[at]] == user; at++)
                ranks[order[at]] = items[order[at]] < 0 ? float.PositiveInfinity : RankOf(scores, items[order[at]]);
        }

        ArrayPool<float>.Shared.Return(scratch);
    }

    /// <summary>1 + how many score higher, or the same under a lower code.</summary>
    internal static int RankOf(ReadOnlySpan<float> scores, int item)
    {
        var own = Vector256.Create(scores[item]);
        ref var first = ref MemoryMarshal.GetReference(scores);
        var (rank, at) = (1, 0);
        for (; at + Vector256<float>.Count <= scores.Length; at += Vector256<float>.Count)
        {
            var other = Vector256.LoadUnsafe(ref first, (nuint)at);
            var before = Vector256.GreaterThan(other, own).ExtractMostSignificantBits();
            if (at < item)
            {
                var lower = item - at >= Vector256<float>.Count ? 0xFFu : (1u << (item - at)) - 1;
                before |= Vector256.Equals(other, own).ExtractMostSignificantBits() & lower;
            }

            rank += System.Numerics.BitOperations.PopCount(before);
        }

        for (; at < scores.Length; at++)
            rank += scores[at] > scores[item] || (scores[at] == scores[item] && at < item) ? 1 : 0;
        return rank;
    }
}
