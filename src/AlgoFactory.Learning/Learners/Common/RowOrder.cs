using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Common;

/// <summary>The order in which stochastic learners meet the training rows.</summary>
internal static class RowOrder
{
    /// <summary>Fisher and Yates, drawn anew in each epoch from the seed and the epoch's number.</summary>
    public static void Shuffle(Span<int> order, int seed, int epoch)
    {
        var state = FoldAssignment.Mix(((ulong)(uint)seed << 32) | (uint)epoch);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = (int)Math.BigMul(FoldAssignment.Mix(state + (ulong)i), (ulong)(i + 1), out _);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }
}
