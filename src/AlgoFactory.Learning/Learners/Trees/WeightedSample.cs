using System.Runtime.CompilerServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The values of one feature with their weights, for its quantiles. Its memory serves one feature after the other.</summary>
internal sealed class WeightedSample(int capacity)
{
    // The value as a key whose order is the value's, above the weight's bits: both move together.
    private readonly ulong[] _entries = new ulong[capacity];
    private readonly ulong[] _scratch = new ulong[capacity];
    private readonly float[] _values = new float[capacity];
    private readonly double[] _weights = new double[capacity];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>Adds a value, which is not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float value, float weight) => _entries[_count++] = ((ulong)SortableFloat.Key(value) << 32) | BitConverter.SingleToUInt32Bits(weight);

    /// <summary>The bounds between at most <paramref name="maxBins"/> bins of about equal weight.</summary>
    public float[] Bounds(int maxBins)
    {
        SortableFloat.SortByKey(_entries.AsSpan(0, _count), _scratch.AsSpan(0, _count));
        var distinct = 0;
        for (var i = 0; i < _count; i++)
        {
            var value = SortableFloat.Value((uint)(_entries[i] >> 32));
            double weight = BitConverter.UInt32BitsToSingle((uint)_entries[i]);
            if (distinct > 0 && _values[distinct - 1] == value)
            {
                _weights[distinct - 1] += weight;
                continue;
            }

            _values[distinct] = value;
            _weights[distinct++] = weight;
        }

        return BinBounds.Find(_values.AsSpan(0, distinct), _weights.AsSpan(0, distinct), maxBins);
    }
}
