namespace AlgoFactory.Learning.Calibration;

/// <summary>Rows that a calibration of one class is fitted on.</summary>
internal sealed class CalibrationRows
{
    private readonly double[] _weights;

    /// <summary>Takes the rows of one class out of all scores.</summary>
    /// <param name="scores">rows × width.</param>
    /// <param name="width">Scores a row.</param>
    /// <param name="column">The score in question.</param>
    /// <param name="positive">The label that counts as positive.</param>
    /// <param name="labels">One a row.</param>
    /// <param name="weights">One a row, or empty.</param>
    /// <param name="use">Which rows to take.</param>
    public CalibrationRows(
        ReadOnlySpan<float> scores, int width, int column, int positive, ReadOnlySpan<float> labels, ReadOnlySpan<float> weights, Func<int, bool> use)
    {
        var margins = new List<double>(labels.Length);
        var isPositive = new List<bool>(labels.Length);
        var kept = new List<double>(weights.Length);
        for (var row = 0; row < labels.Length; row++)
        {
            var weight = weights.IsEmpty ? 1 : weights[row];
            if (weight == 0 || !use(row))
                continue;
            margins.Add(MarginMap.Margin(scores[row * width + column]));
            isPositive.Add(labels[row] == positive);
            if (!weights.IsEmpty)
                kept.Add(weight);
        }

        (Margins, IsPositive, _weights) = ([.. margins], [.. isPositive], [.. kept]);
        // Weights count relative to each other: a row counts for one on average.
        var mean = _weights.Length > 0 ? _weights.Average() : 1;
        for (var i = 0; i < _weights.Length; i++)
            _weights[i] /= mean;
        for (var row = 0; row < Count; row++)
            if (IsPositive[row])
                Positive += Weight(row);
            else
                Negative += Weight(row);
    }

    /// <summary>Rows.</summary>
    public int Count => Margins.Length;

    /// <summary>Log-odds, one a row.</summary>
    public double[] Margins { get; }

    /// <summary>Whether the row is of the class.</summary>
    public bool[] IsPositive { get; }

    /// <summary>The weight of positive rows.</summary>
    public double Positive { get; }

    /// <summary>The weight of the others.</summary>
    public double Negative { get; }

    /// <summary>The weight of all.</summary>
    public double Total => Positive + Negative;

    /// <summary>A row's weight.</summary>
    public double Weight(int row) => _weights.Length == 0 ? 1 : _weights[row];
}
