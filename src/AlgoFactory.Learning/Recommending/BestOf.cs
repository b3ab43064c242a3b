using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// The best of many scores, in places of the caller's: a binary heap with the worst kept score at its root. A higher score
/// is better, and among equal ones the lower code.
/// </summary>
internal ref struct BestOf(Span<float> scores, Span<int> codes, int count)
{
    private readonly Span<float> _scores = scores;
    private readonly Span<int> _codes = codes;

    /// <summary>Places that are filled.</summary>
    public int Count { get; private set; } = count;

    /// <summary>Offers a block of scores whose codes ascend from <paramref name="firstCode"/> on. -∞ and NaN are passed over.</summary>
    public void OfferAll(ReadOnlySpan<float> block, int firstCode)
    {
        var at = 0;
        for (; at < block.Length && Count < _scores.Length; at++)
            if (block[at] > float.NegativeInfinity)
                Push(block[at], firstCode + at);
        if (Count == 0)
            return;
        // Codes ascend, so an equal score never displaces one that is kept: "greater than the worst" is the whole test.
        var floor = Vector256.Create(_scores[0]);
        ref var first = ref MemoryMarshal.GetReference(block);
        for (; at + Vector256<float>.Count <= block.Length; at += Vector256<float>.Count)
        {
            var better = Vector256.GreaterThan(Vector256.LoadUnsafe(ref first, (nuint)at), floor).ExtractMostSignificantBits();
            if (better == 0)
                continue;
            for (; better != 0; better &= better - 1)
                Replace(block[at + System.Numerics.BitOperations.TrailingZeroCount(better)], firstCode + at + System.Numerics.BitOperations.TrailingZeroCount(better));
            floor = Vector256.Create(_scores[0]);
        }

        for (; at < block.Length; at++)
            Replace(block[at], firstCode + at);
    }

    /// <summary>Sorts the kept ones, the best first; nothing may be offered afterwards.</summary>
    public void Sort()
    {
        for (var end = Count - 1; end > 0; end--)
        {
            Swap(0, end);
            SiftDown(0, end);
        }
    }

    private void Replace(float score, int code)
    {
        if (!(score > _scores[0]))
            return;
        (_scores[0], _codes[0]) = (score, code);
        SiftDown(0, Count);
    }

    private void Push(float score, int code)
    {
        var at = Count++;
        (_scores[at], _codes[at]) = (score, code);
        while (at > 0 && Worse(at, (at - 1) / 2))
        {
            Swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    private readonly void SiftDown(int at, int end)
    {
        while (2 * at + 1 < end)
        {
            var child = 2 * at + 1;
            if (child + 1 < end && Worse(child + 1, child))
                child++;
            if (!Worse(child, at))
                return;
            Swap(at, child);
            at = child;
        }
    }

    private readonly bool Worse(int a, int b) => _scores[a] < _scores[b] || (_scores[a] == _scores[b] && _codes[a] > _codes[b]);

    private readonly void Swap(int a, int b)
    {
        (_scores[a], _scores[b]) = (_scores[b], _scores[a]);
        (_codes[a], _codes[b]) = (_codes[b], _codes[a]);
    }
}
