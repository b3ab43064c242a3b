namespace AlgoFactory.Learning.Learners.Common;

/// <summary>What bounds and moments of a column are measured on.</summary>
internal static class ColumnSample
{
    /// <summary>The most values: more do not move a quantile by what matters.</summary>
    private const int MaxValues = 100_000;

    /// <summary>The finite values of evenly spaced rows whose weight is above 0.</summary>
    public static float[] Of(TrainingSet data, int column)
    {
        var (rows, width) = (data.RowCount, data.Features.DenseWidth);
        var stride = Math.Max(1, (rows + MaxValues - 1) / MaxValues);
        var dense = data.Features.Dense;
        var weights = data.Weights.Span;
        var values = new List<float>(rows / stride + 1);
        for (var row = 0; row < rows; row += stride)
        {
            var value = dense[row * width + column];
            if (float.IsFinite(value) && (weights.IsEmpty || weights[row] > 0))
                values.Add(value);
        }

        return [.. values];
    }
}
