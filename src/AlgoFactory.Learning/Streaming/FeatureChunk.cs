namespace AlgoFactory.Learning.Streaming;

/// <summary>
/// Room for some rows, column after column: the features, the label, and the weight, if there is one. A reader fills it
/// again and again.
/// </summary>
public sealed class FeatureChunk
{
    private readonly float[] _values;
    private readonly bool _hasWeights;

    /// <summary>Makes room.</summary>
    /// <param name="width">Features.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="hasWeights">Whether the rows have weights.</param>
    public FeatureChunk(int width, int capacity, bool hasWeights)
    {
        Capacity = capacity;
        Width = width;
        _hasWeights = hasWeights;
        _values = new float[checked((width + (hasWeights ? 2 : 1)) * capacity)];
    }

    /// <summary>Rows that there is room for.</summary>
    public int Capacity { get; }

    /// <summary>Features.</summary>
    public int Width { get; }

    /// <summary>Rows that are there.</summary>
    public int RowCount { get; private set; }

    /// <summary>The labels: a class's index, or the target's value; never NaN.</summary>
    public ReadOnlySpan<float> Labels => LabelRoom[..RowCount];

    /// <summary>The weights, finite and not negative; empty when all are 1.</summary>
    public ReadOnlySpan<float> Weights => _hasWeights ? WeightRoom[..RowCount] : [];

    /// <summary>A feature's values, NaN for missing.</summary>
    public ReadOnlySpan<float> Column(int feature) => _values.AsSpan(feature * Capacity, RowCount);

    /// <summary>For readers: room for all values; column c begins at c × <see cref="Capacity"/>.</summary>
    public Span<float> Room => _values;

    /// <summary>For readers: room for the labels.</summary>
    public Span<float> LabelRoom => _values.AsSpan(Width * Capacity, Capacity);

    /// <summary>For readers: room for the weights; empty when all are 1.</summary>
    public Span<float> WeightRoom => _values.AsSpan((Width + 1) * Capacity);

    /// <summary>For readers: says how many rows are there now.</summary>
    public void Fill(int rowCount)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)rowCount, (uint)Capacity, nameof(rowCount));
        RowCount = rowCount;
    }

    /// <summary>For readers: leaves out the rows without a label among the first <paramref name="rowCount"/>, and says how many are there now.</summary>
    public void FillLabelled(int rowCount)
    {
        var kept = 0;
        for (var row = 0; row < rowCount; row++)
        {
            if (float.IsNaN(_values[Width * Capacity + row]))
                continue;
            if (kept < row)
                Move(row, kept);
            kept++;
        }

        Fill(kept);
    }

    private void Move(int from, int to)
    {
        for (var at = 0; at < _values.Length; at += Capacity)
            _values[at + to] = _values[at + from];
    }
}
