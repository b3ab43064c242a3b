using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>The importance of a linear model's features: mean absolute weight of the outputs × standard deviation in training.</summary>
internal static class LinearImportance
{
    /// <summary>One share a feature, dense then sparse; they sum to 1, or are all 0.</summary>
    public static float[] Of(LinearLayout layout, double[] point, FeatureBatch features)
    {
        var deviations = FeatureMoments.Deviations(features);
        var shares = new double[deviations.Length];
        for (var f = 0; f < shares.Length; f++)
            for (var k = 0; k < layout.Outputs; k++)
                shares[f] += deviations[f] * Math.Abs(f < layout.Dense
                    ? point[k * layout.Dense + f]
                    : point[layout.SparseStart + (f - layout.Dense) * layout.Outputs + k]);
        var total = shares.Sum();
        return Array.ConvertAll(shares, s => total > 0 && double.IsFinite(total) ? (float)(s / total) : 0);
    }
}
