namespace AlgoFactory.Learning.Objectives;

/// <summary>
/// Weighted quantiles by selection: expected O(n), no sort. The quantile is the least value with at least the share alpha of
/// the weight at or below it; where that share is met exactly, the mean of that value and the next (Hyndman and Fan 1996,
/// definition 2, with weights). A weight of 2 is therefore the same as the row twice.
/// </summary>
internal static class WeightedQuantile
{
    /// <summary>The quantile of the labels; 0 when no row has weight.</summary>
    public static double Of(LabelledRows rows, double alpha)
    {
        var labels = rows.Labels.Span;
        var weights = rows.Weights.Span;
        var values = new float[labels.Length];
        var kept = new float[weights.Length];
        var count = 0;
        for (var i = 0; i < labels.Length; i++)
        {
            if (!weights.IsEmpty && !(weights[i] > 0))
                continue;
            values[count] = labels[i];
            if (!weights.IsEmpty)
                kept[count] = weights[i];
            count++;
        }

        return Of(values.AsSpan(0, count), weights.IsEmpty ? [] : kept.AsSpan(0, count), alpha);
    }

    /// <summary>The quantile of values, none of them NaN; 0 of none. Reorders both spans.</summary>
    /// <param name="values">The values.</param>
    /// <param name="weights">Their weights, above 0; empty: all 1.</param>
    /// <param name="alpha">The share of the weight, in (0, 1).</param>
    public static double Of(Span<float> values, Span<float> weights, double alpha)
    {
        if (values.IsEmpty)
            return 0;
        double total = values.Length;
        if (!weights.IsEmpty)
        {
            total = 0;
            foreach (var weight in weights)
                total += weight;
        }

        var target = alpha * total;
        var below = 0.0;
        // The least value that is known to lie above all values still looked at.
        var above = float.NaN;
        while (true)
        {
            var pivot = Pivot(values);
            var (less, greater, weightLess, weightEqual) = Divide(values, weights, pivot);
            if (less > 0 && below + weightLess > target)
            {
                above = pivot;
                values = values[..less];
                weights = weights.IsEmpty ? weights : weights[..less];
                continue;
            }

            if (less > 0 && below + weightLess == target)
                return ((double)Max(values[..less]) + pivot) / 2;
            below += weightLess + weightEqual;
            if (below > target || greater == values.Length)
                return below == target && !float.IsNaN(above) ? ((double)pivot + above) / 2 : pivot;
            if (below == target)
                return ((double)pivot + Min(values[greater..])) / 2;
            values = values[greater..];
            weights = weights.IsEmpty ? weights : weights[greater..];
        }
    }

    /// <summary>Three parts: less than the pivot, equal, greater (Dijkstra's flag); returns where the equal ones and the greater ones begin.</summary>
    private static (int Less, int Greater, double WeightLess, double WeightEqual) Divide(Span<float> values, Span<float> weights, float pivot)
    {
        var (less, at, greater) = (0, 0, values.Length);
        var (weightLess, weightEqual) = (0.0, 0.0);
        while (at < greater)
        {
            var value = values[at];
            double weight = weights.IsEmpty ? 1 : weights[at];
            if (value < pivot)
            {
                weightLess += weight;
                Swap(values, weights, less++, at++);
            }
            else if (value > pivot)
            {
                Swap(values, weights, at, --greater);
            }
            else
            {
                weightEqual += weight;
                at++;
            }
        }

        return (less, greater, weightLess, weightEqual);
    }

    /// <summary>The median of nine spread values: orders that real columns have do not make it quadratic.</summary>
    private static float Pivot(ReadOnlySpan<float> values)
    {
        if (values.Length < 9)
            return values[values.Length / 2];
        Span<float> nine = stackalloc float[9];
        for (var i = 0; i < 9; i++)
            nine[i] = values[(int)((long)(values.Length - 1) * i / 8)];
        nine.Sort();
        return nine[4];
    }

    private static void Swap(Span<float> values, Span<float> weights, int i, int j)
    {
        (values[i], values[j]) = (values[j], values[i]);
        if (!weights.IsEmpty)
            (weights[i], weights[j]) = (weights[j], weights[i]);
    }

    private static float Max(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.Max(values);

    private static float Min(ReadOnlySpan<float> values) => System.Numerics.Tensors.TensorPrimitives.Min(values);
}
