using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Linear;

namespace AlgoFactory.Learning.Learners.Text;

/// <summary>
/// The importance of a network's features: as for a linear model (mean absolute weight of the outputs × standard deviation in
/// training), for each score is linear in every feature: a term's weight is the product of its vector and the output's.
/// </summary>
internal static class FastTextImportance
{
    /// <summary>One share a feature, dense then sparse; they sum to 1, or are all 0.</summary>
    public static float[] Of(FastTextNetwork network, FeatureBatch features)
    {
        var sizes = network.Sizes;
        var layout = new LinearLayout(sizes.Outputs, sizes.Dense, sizes.Sparse);
        var point = new double[layout.Length];
        for (var k = 0; k < sizes.Outputs; k++)
        {
            for (var f = 0; f < sizes.Dense; f++)
                point[k * sizes.Dense + f] = network.Dense[k * sizes.Dense + f];
            for (var t = 0; t < sizes.Sparse; t++)
                point[layout.SparseStart + t * sizes.Outputs + k] = LinearKernels.Dot(
                    network.Embeddings.AsSpan(t * sizes.Dim, sizes.Dim), network.Output.AsSpan(k * sizes.Dim, sizes.Dim));
        }

        return LinearImportance.Of(layout, point, FiniteFeatures.Of(features));
    }
}
