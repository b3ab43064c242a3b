using System.Runtime.CompilerServices;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>The values of one feature with their weights, for its quantiles. Its memory serves one feature after the other.</summary>
internal sealed class WeightedSample(int capacity)
{
    private const int Passes = 3;
    private const int DigitBits = 11;
    private const int Digits = 1 << DigitBits;
    private const int MinRadixCount = 1024;

    // The value as a key whose order is the value's, above the weight's bits: both move together.
    private readonly ulong[] _entries = new ulong[capacity];
    private readonly ulong[] _scratch = new ulong[capacity];
    private readonly float[] _values = new float[capacity];
    private readonly double[] _weights = new double[capacity];
    private readonly int[] _places = new int[Passes * Digits];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>Adds a value, which is not NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(float value, float weight) => _entries[_count++] = ((ulong)Key(value) << 32) | BitConverter.SingleToUInt32Bits(weight);

    /// <summary>The bounds between at most <paramref name="maxBins"/> bins of about equal weight.</summary>
    public float[] Bounds(int maxBins)
    {
        Sort();
        var distinct = 0;
        for (var i = 0; i < _count; i++)
        {
            var value = Value((uint)(_entries[i] >> 32));
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

    /// <summary>Sorts by the keys: a radix sort in three passes of 11 bits, several times as fast as a sort by comparisons.</summary>
    private void Sort()
    {
        if (_count < MinRadixCount)
        {
            _entries.AsSpan(0, _count).Sort();
            return;
        }

        Array.Clear(_places);
        foreach (var entry in _entries.AsSpan(0, _count))
            for (var pass = 0; pass < Passes; pass++)
                _places[pass * Digits + Digit(entry, pass)]++;
        var (from, to) = (_entries, _scratch);
        for (var pass = 0; pass < Passes; pass++)
        {
            var places = _places.AsSpan(pass * Digits, Digits);
            var place = 0;
            foreach (ref var count in places)
                (count, place) = (place, place + count);
            foreach (var entry in from.AsSpan(0, _count))
                to[places[Digit(entry, pass)]++] = entry;
            (from, to) = (to, from);
        }

        // After an odd number of passes the sorted entries are in the scratch array.
        _scratch.AsSpan(0, _count).CopyTo(_entries);
    }

    private static int Digit(ulong entry, int pass) => (int)(entry >> (32 + pass * DigitBits)) & (Digits - 1);

    /// <summary>Negative numbers turn all bits round, others the sign: the order of floats becomes that of whole numbers.</summary>
    private static uint Key(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return bits ^ ((uint)((int)bits >> 31) | 0x80000000);
    }

    private static float Value(uint key) => BitConverter.UInt32BitsToSingle(key ^ (~(uint)((int)key >> 31) | 0x80000000));
}
