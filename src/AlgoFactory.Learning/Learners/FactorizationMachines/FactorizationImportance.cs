namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>
/// The importance of features: the variance, over training rows, of what a feature adds to the score, its linear part and
/// half of each pair that it is in. A feature that adds the same to every row matters for none, and the variances of a text's
/// many words sum to about the text's.
/// </summary>
internal static class FactorizationImportance
{
    /// <summary>Rows that it is measured on.</summary>
    private const int MaxRows = 5_000;

    /// <summary>One share a feature, dense then sparse; they sum to 1, or are all 0.</summary>
    public static float[] Of(FieldEncoder encoder, FactorizationWeights weights, TrainingSet data)
    {
        var sums = new double[data.Features.Width];
        var squares = new double[data.Features.Width];
        var scratch = new float[weights.Pairs.ScratchLength];
        var buffer = new FieldRowBuffer();
        var stride = Math.Max(1, (data.RowCount + MaxRows - 1) / MaxRows);
        var rows = 0;
        for (var index = 0; index < data.RowCount; index += stride, rows++)
        {
            encoder.Encode(data.Features, index, buffer);
            var row = buffer.Row;
            weights.Pairs.Prepare(row, weights.Factors, scratch);
            for (var i = 0; i < row.Length; i++)
            {
                double adds = row.Values[i] * weights.Linear[row.Slots[i]] + 0.5 * weights.Pairs.Share(row, i, weights.Factors, scratch);
                sums[buffer.Features[i]] += adds;
                squares[buffer.Features[i]] += adds * adds;
            }
        }

        var shares = new double[sums.Length];
        for (var f = 0; f < shares.Length; f++)
        {
            var mean = sums[f] / rows;
            shares[f] = Math.Max(0, squares[f] / rows - mean * mean);
        }

        var total = shares.Sum();
        return Array.ConvertAll(shares, s => total > 0 && double.IsFinite(total) ? (float)(s / total) : 0);
    }
}
