using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>A linear model reads a dense value that is missing or infinite as 0, in training as in prediction.</summary>
internal static class FiniteFeatures
{
    /// <summary>The features themselves if all are finite, else a copy with 0 in place of what is not.</summary>
    public static FeatureBatch Of(FeatureBatch features)
    {
        var dense = features.Dense;
        var at = 0;
        while (at < dense.Length && float.IsFinite(dense[at]))
            at++;
        if (at == dense.Length)
            return features;
        var copy = dense.ToArray();
        for (; at < copy.Length; at++)
            if (!float.IsFinite(copy[at]))
                copy[at] = 0;
        return new FeatureBatch(features.RowCount, features.DenseWidth, copy, features.Sparse);
    }
}
