using System.Buffers;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// Weighted quantiles of a stream in bounded memory. Values gather in a buffer; a full buffer is sorted into a
/// <see cref="QuantileSummary"/> of at most <see cref="SummarySize"/> values; <see cref="FanIn"/> summaries of a level are
/// merged into one of the next. It is the collapsing scheme of Munro and Paterson (1980) and of Manku, Rajagopalan and
/// Lindsay (1998), with weights: a summary that must shrink keeps the values at the ranks (i + ½)·W/k of its weight W,
/// each for a weight of W/k, so no rank moves by more than W/2k.
/// </summary>
/// <remarks>
/// A value's way depends on its place in the stream alone: the same rows in the same order give the same quantiles however
/// they are cut into chunks, and no randomness is used. While a feature has at most <see cref="SummarySize"/> distinct
/// values, or the stream at most <see cref="BufferSize"/> rows, nothing is lost. After that ranks are off by at most
/// <see cref="RankError"/>: the weight times the levels / <c>2·SummarySize</c>, which is 0.085 % for 50 million rows
/// (7 levels). Time O(log k) a value amortised; memory O(k·log(n / <see cref="BufferSize"/>)), about 0.7 MB then.
/// </remarks>
internal sealed class QuantileSketch
{
    /// <summary>Values that are sorted at once.</summary>
    public const int BufferSize = 16_384;

    /// <summary>Values that a summary keeps.</summary>
    public const int SummarySize = 4096;

    /// <summary>Summaries of a level that become one of the next: more of them cost memory, fewer cost levels.</summary>
    public const int FanIn = 4;

    private readonly List<List<QuantileSummary>> _levels = [];
    private ulong[] _buffer = new ulong[256];
    private int _buffered;

    /// <summary>The weight that a value's rank may be off by; 0: the quantiles are exact.</summary>
    public double RankError { get; private set; }

    /// <summary>Adds values, in the stream's order. NaN and values without weight are passed over.</summary>
    /// <param name="values">The values.</param>
    /// <param name="weights">A weight a value, finite; empty: all 1.</param>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<float> weights)
    {
        const ulong One = 0x3F800000;
        for (var i = 0; i < values.Length; i++)
        {
            var value = values[i];
            if (float.IsNaN(value) || (!weights.IsEmpty && !(weights[i] > 0)))
                continue;
            if (_buffered == _buffer.Length)
                MakeRoom();
            // The value above the weight: sorting the words sorts the values.
            _buffer[_buffered++] = (ulong)SortableFloat.Key(value) << 32 | (weights.IsEmpty ? One : BitConverter.SingleToUInt32Bits(weights[i]));
        }
    }

    /// <summary>Adds what another sketch has seen. The sum of both errors stays the bound.</summary>
    public void Merge(QuantileSketch other)
    {
        RankError += other.RankError;
        for (var level = 0; level < other._levels.Count; level++)
            foreach (var summary in other._levels[level])
                Push(summary, level);
        for (var i = 0; i < other._buffered; i++)
        {
            if (_buffered == _buffer.Length)
                MakeRoom();
            _buffer[_buffered++] = other._buffer[i];
        }
    }

    /// <summary>The distinct values that are left, ascending, with the weight that each stands for.</summary>
    public QuantileSummary Summarize()
    {
        var all = Sorted();
        foreach (var level in _levels)
            foreach (var summary in level)
                all = QuantileSummary.Merge(all, summary);
        return all;
    }

    private void MakeRoom()
    {
        if (_buffer.Length < BufferSize)
        {
            Array.Resize(ref _buffer, Math.Min(BufferSize, _buffer.Length * 4));
            return;
        }

        var sorted = Sorted();
        _buffered = 0;
        Push(Shrunk(sorted), 0);
    }

    private void Push(QuantileSummary summary, int level)
    {
        while (true)
        {
            if (level == _levels.Count)
                _levels.Add(new List<QuantileSummary>(FanIn));
            var waiting = _levels[level];
            waiting.Add(summary);
            if (waiting.Count < FanIn)
                return;
            // By pairs, as merge sort does it.
            summary = Shrunk(QuantileSummary.Merge(
                QuantileSummary.Merge(waiting[0], waiting[1]), QuantileSummary.Merge(waiting[2], waiting[3])));
            waiting.Clear();
            level++;
        }
    }

    private QuantileSummary Shrunk(QuantileSummary summary)
    {
        if (summary.Values.Length <= SummarySize)
            return summary;
        var shrunk = summary.Shrink(SummarySize, out var error);
        RankError += error;
        return shrunk;
    }

    private QuantileSummary Sorted()
    {
        var words = ArrayPool<ulong>.Shared.Rent(2 * Math.Max(1, _buffered));
        var sorted = words.AsSpan(0, _buffered);
        _buffer.AsSpan(0, _buffered).CopyTo(sorted);
        SortableFloat.SortByKey(sorted, words.AsSpan(_buffered, _buffered));
        var summary = QuantileSummary.OfSorted(sorted);
        ArrayPool<ulong>.Shared.Return(words);
        return summary;
    }
}
