using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>Means of features, dense columns first, then sparse ones.</summary>
internal static class FeatureMoments
{
    /// <summary>The weighted mean of each feature's square.</summary>
    public static double[] MeanSquares(FeatureBatch features, ReadOnlySpan<float> weights) => Sum(features, weights).Squares;

    /// <summary>The standard deviation of each feature, all rows alike.</summary>
    public static double[] Deviations(FeatureBatch features)
    {
        var (means, squares) = Sum(features, []);
        var deviations = new double[means.Length];
        for (var f = 0; f < deviations.Length; f++)
            deviations[f] = Math.Sqrt(Math.Max(0, squares[f] - means[f] * means[f]));
        return deviations;
    }

    private static (double[] Means, double[] Squares) Sum(FeatureBatch features, ReadOnlySpan<float> weights)
    {
        var means = new double[features.Width];
        var squares = new double[features.Width];
        double total = 0;
        for (var row = 0; row < features.RowCount; row++)
        {
            double weight = weights.IsEmpty ? 1 : weights[row];
            total += weight;
            var dense = features.Row(row);
            for (var f = 0; f < dense.Length; f++)
                Add(f, weight, dense[f]);
            if (features.Sparse is not { } sparse)
                continue;
            var indices = sparse.Indices(row);
            var values = sparse.Values(row);
            for (var i = 0; i < indices.Length; i++)
                Add(features.DenseWidth + indices[i], weight, values[i]);
        }

        for (var f = 0; f < means.Length; f++)
        {
            means[f] /= total;
            squares[f] /= total;
        }

        return (means, squares);

        void Add(int f, double weight, double value)
        {
            means[f] += weight * value;
            squares[f] += weight * value * value;
        }
    }
}
