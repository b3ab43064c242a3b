namespace AlgoFactory.Learning.Streaming;

/// <summary>Room for some rows, column after column; a reader fills it again and again.</summary>
public sealed class FeatureChunk
{
    private readonly float[] _values;
    private readonly float[] _labels;
    private readonly float[] _weights;

    /// <summary>Makes room.</summary>
    /// <param name="width">Features.</param>
    /// <param name="capacity">Rows.</param>
    /// <param name="hasWeights">Whether the rows have weights.</param>
    public FeatureChunk(int width, int capacity, bool hasWeights)
    {
        Capacity = capacity;
        Width = width;
        _values = new float[checked(width * capacity)];
        _labels = new float[capacity];
        _weights = hasWeights ? new float[capacity] : [];
    }

    /// <summary>Rows that there is room for.</summary>
    public int Capacity { get; }

    /// <summary>Features.</summary>
    public int Width { get; }

    /// <summary>Rows that are there.</summary>
    public int RowCount { get; private set; }

    /// <summary>The labels: a class's index, or the target's value; never NaN.</summary>
    public ReadOnlySpan<float> Labels => _labels.AsSpan(0, RowCount);

    /// <summary>The weights, finite and not negative; empty when all are 1.</summary>
    public ReadOnlySpan<float> Weights => _weights.Length == 0 ? [] : _weights.AsSpan(0, RowCount);

    /// <summary>A feature's values, NaN for missing.</summary>
    public ReadOnlySpan<float> Column(int feature) => _values.AsSpan(feature * Capacity, RowCount);

    /// <summary>For readers: room for a feature's values.</summary>
    public Span<float> ColumnRoom(int feature) => _values.AsSpan(feature * Capacity, Capacity);

    /// <summary>For readers: room for all values; feature f's begin at f × <see cref="Capacity"/>.</summary>
    public Span<float> Room => _values;

    /// <summary>For readers: room for the labels.</summary>
    public Span<float> LabelRoom => _labels;

    /// <summary>For readers: room for the weights; empty when all are 1.</summary>
    public Span<float> WeightRoom => _weights;

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
            if (float.IsNaN(_labels[row]))
                continue;
            if (kept < row)
                Move(row, kept);
            kept++;
        }

        Fill(kept);
    }

    private void Move(int from, int to)
    {
        for (var f = 0; f < Width; f++)
            _values[f * Capacity + to] = _values[f * Capacity + from];
        _labels[to] = _labels[from];
        if (_weights.Length > 0)
            _weights[to] = _weights[from];
    }
}
