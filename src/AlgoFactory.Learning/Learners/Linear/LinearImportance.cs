using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>The importance of a linear model's features: mean absolute weight of the outputs × standard deviation in training.</summary>
internal static class LinearImportance
{
    /// <summary>One share a feature, dense then sparse; they sum to 1, or are all 0.</summary>
    public static float[] Of(LinearLayout layout, double[] point, FeatureBatch features)
    {
        var deviations = Deviations(features);
        var shares = new double[deviations.Length];
        for (var f = 0; f < shares.Length; f++)
            for (var k = 0; k < layout.Outputs; k++)
                shares[f] += deviations[f] * Math.Abs(f < layout.Dense
                    ? point[k * layout.Dense + f]
                    : point[layout.SparseStart + (f - layout.Dense) * layout.Outputs + k]);
        var total = shares.Sum();
        return Array.ConvertAll(shares, s => total > 0 && double.IsFinite(total) ? (float)(s / total) : 0);
    }

    private static double[] Deviations(FeatureBatch features)
    {
        var sums = new double[features.Width];
        var squares = new double[features.Width];
        for (var row = 0; row < features.RowCount; row++)
        {
            var dense = features.Row(row);
            for (var f = 0; f < dense.Length; f++)
            {
                sums[f] += dense[f];
                squares[f] += (double)dense[f] * dense[f];
            }

            if (features.Sparse is not { } sparse)
                continue;
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
            {
                sums[features.DenseWidth + indices[i]] += values[i];
                squares[features.DenseWidth + indices[i]] += (double)values[i] * values[i];
            }
        }

        var deviations = new double[features.Width];
        for (var f = 0; f < deviations.Length; f++)
            deviations[f] = Math.Sqrt(Math.Max(0, squares[f] / features.RowCount - Math.Pow(sums[f] / features.RowCount, 2)));
        return deviations;
    }
}
