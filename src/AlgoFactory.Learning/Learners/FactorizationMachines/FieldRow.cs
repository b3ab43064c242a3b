namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>A row as a factorization machine reads it: which slots are on, the field of each, and its value.</summary>
internal readonly ref struct FieldRow(ReadOnlySpan<int> slots, ReadOnlySpan<byte> fields, ReadOnlySpan<float> values)
{
    /// <summary>The slot (row of the weight tables) of each entry.</summary>
    public readonly ReadOnlySpan<int> Slots = slots;

    /// <summary>The field of each entry.</summary>
    public readonly ReadOnlySpan<byte> Fields = fields;

    /// <summary>The value of each entry.</summary>
    public readonly ReadOnlySpan<float> Values = values;

    /// <summary>Entries.</summary>
    public int Length => Slots.Length;
}

/// <summary>Room for one encoded row, used again for the next.</summary>
internal sealed class FieldRowBuffer
{
    private int[] _slots = new int[64];
    private int[] _features = new int[64];
    private byte[] _fields = new byte[64];
    private float[] _values = new float[64];

    /// <summary>Entries so far.</summary>
    public int Count { get; private set; }

    /// <summary>The feature (dense column, then sparse column) that each entry comes from.</summary>
    public ReadOnlySpan<int> Features => _features.AsSpan(0, Count);

    /// <summary>The values, to be scaled.</summary>
    public Span<float> Values => _values.AsSpan(0, Count);

    /// <summary>The row.</summary>
    public FieldRow Row => new(_slots.AsSpan(0, Count), _fields.AsSpan(0, Count), _values.AsSpan(0, Count));

    /// <summary>Begins a new row.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds an entry.</summary>
    public void Add(int slot, byte field, float value, int feature)
    {
        if (Count == _slots.Length)
        {
            Array.Resize(ref _slots, 2 * Count);
            Array.Resize(ref _features, 2 * Count);
            Array.Resize(ref _fields, 2 * Count);
            Array.Resize(ref _values, 2 * Count);
        }

        (_slots[Count], _fields[Count], _values[Count], _features[Count]) = (slot, field, value, feature);
        Count++;
    }
}
