namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Cuts a feature's sorted values into bins of about equal weight.</summary>
internal static class BinBounds
{
    /// <summary>
    /// The bounds between at most <paramref name="maxBins"/> bins: one bin a distinct value where they suffice; else values
    /// heavier than a mean bin stand alone and the others share what is left evenly (the greedy rule of LightGBM's bin.cpp).
    /// </summary>
    /// <param name="values">Distinct, ascending, no NaN; infinities are allowed.</param>
    /// <param name="weights">The weight of each value.</param>
    /// <param name="maxBins">At least 2.</param>
    public static float[] Find(ReadOnlySpan<float> values, ReadOnlySpan<double> weights, int maxBins)
    {
        if (values.Length <= 1)
            return [];
        if (values.Length <= maxBins)
        {
            var all = new float[values.Length - 1];
            for (var i = 0; i < all.Length; i++)
                all[i] = Between(values[i], values[i + 1]);
            return all;
        }

        var total = 0.0;
        foreach (var weight in weights)
            total += weight;
        var mean = total / maxBins;
        var (restBins, rest) = (maxBins, total);
        foreach (var weight in weights)
        {
            if (weight >= mean)
            {
                restBins--;
                rest -= weight;
            }
        }

        var share = restBins > 0 ? rest / restBins : double.PositiveInfinity;
        var bounds = new List<float>(maxBins);
        var held = 0.0;
        for (var i = 0; i < values.Length - 1 && bounds.Count < maxBins - 1; i++)
        {
            var heavy = weights[i] >= mean;
            held += weights[i];
            if (!heavy)
                rest -= weights[i];
            // A heavy next value closes this bin too, unless almost nothing is in it.
            if (!heavy && held < share && !(weights[i + 1] >= mean && held >= share * 0.5))
                continue;
            bounds.Add(Between(values[i], values[i + 1]));
            held = 0;
            if (!heavy && --restBins > 0)
                share = rest / restBins;
        }

        return [.. bounds];
    }

    /// <summary>Distinct values with their weights, from sorted values.</summary>
    public static (float[] Values, double[] Weights) Distinct(ReadOnlySpan<float> sorted, ReadOnlySpan<float> weights)
    {
        var values = new List<float>();
        var sums = new List<double>();
        for (var i = 0; i < sorted.Length; i++)
        {
            if (values.Count == 0 || sorted[i] != values[^1])
            {
                values.Add(sorted[i]);
                sums.Add(0);
            }

            sums[^1] += weights.IsEmpty ? 1 : weights[i];
        }

        return ([.. values], [.. sums]);
    }

    /// <summary>A threshold t with low ≤ t &lt; high: the middle where a float can say it.</summary>
    public static float Between(float low, float high)
    {
        var middle = (float)(low + ((double)high - low) / 2);
        return middle >= low && middle < high ? middle : low;
    }
}
