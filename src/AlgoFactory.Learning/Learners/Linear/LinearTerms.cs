using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Learners.Linear;

/// <summary>What each feature adds to a linear model's raw scores. As in its predictions, what is not finite counts as 0.</summary>
internal static class LinearTerms
{
    public static void Sum(LinearLayout layout, ReadOnlySpan<float> weights, FeatureBatch rows, FeatureGroups groups, Span<double> values)
    {
        var width = groups.Count + 1;
        values.Clear();
        for (var row = 0; row < rows.RowCount; row++)
        {
            for (var k = 0; k < layout.Outputs; k++)
            {
                var to = values.Slice((row * layout.Outputs + k) * width, width);
                to[^1] = weights[layout.InterceptStart + k];
                AddDense(weights.Slice(k * layout.Dense, layout.Dense), rows.Row(row), groups.GroupOf, to);
                if (rows.Sparse is { } sparse)
                    AddSparse(layout, weights, sparse.Indices(row), sparse.Values(row), k, groups.GroupOf, to);
            }
        }
    }

    private static void AddDense(ReadOnlySpan<float> weights, ReadOnlySpan<float> features, ReadOnlySpan<int> groupOf, Span<double> to)
    {
        for (var f = 0; f < features.Length; f++)
            if (float.IsFinite(features[f]))
                to[groupOf[f]] += (double)weights[f] * features[f];
    }

    private static void AddSparse(
        LinearLayout layout, ReadOnlySpan<float> weights, ReadOnlySpan<int> indices, ReadOnlySpan<float> values, int output, ReadOnlySpan<int> groupOf, Span<double> to)
    {
        for (var i = 0; i < indices.Length; i++)
            if (float.IsFinite(values[i]))
                to[groupOf[layout.Dense + indices[i]]] += (double)weights[layout.SparseStart + indices[i] * layout.Outputs + output] * values[i];
    }
}
