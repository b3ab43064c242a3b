using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Common;

namespace AlgoFactory.Learning.Learners.FactorizationMachines;

/// <summary>Learns from training rows how a dense column becomes slots.</summary>
internal static class FieldColumnFit
{
    /// <summary>Learns a column.</summary>
    /// <param name="data">The training rows; those of weight 0 are passed over.</param>
    /// <param name="column">The dense column.</param>
    /// <param name="field">Its field.</param>
    /// <param name="start">Its first slot.</param>
    /// <param name="bins">Bins of a number; 0: numbers as values.</param>
    public static FieldColumn Fit(TrainingSet data, int column, byte field, int start, int bins)
    {
        var info = data.FeatureInfos[column];
        if (info.Kind == FeatureKind.Categorical)
            return new FieldColumn(FieldColumnKind.Category, field, start, info.Cardinality, [], 0, 0);
        var values = ColumnSample.Of(data, column);
        if (bins > 0)
        {
            var bounds = Bounds(values, bins);
            return new FieldColumn(FieldColumnKind.Bins, field, start, bounds.Length + 1, bounds, 0, 0);
        }

        var (mean, deviation) = Moments(values);
        return new FieldColumn(FieldColumnKind.Value, field, start, 1, [], (float)mean, deviation > 1e-12 * Math.Abs(mean) ? (float)(1 / deviation) : 0);
    }

    /// <summary>The upper bounds of at most that many bins: one bin a value where they are few, else about as many rows in each.</summary>
    internal static float[] Bounds(ReadOnlySpan<float> values, int bins)
    {
        var sorted = values.ToArray();
        Array.Sort(sorted);
        var bounds = new List<float>();
        var distinct = 0;
        for (var i = 0; i < sorted.Length && distinct <= bins; i++)
            distinct += i == 0 || sorted[i] != sorted[i - 1] ? 1 : 0;
        if (distinct <= bins)
        {
            for (var i = 1; i < sorted.Length; i++)
                if (sorted[i] != sorted[i - 1])
                    bounds.Add(Between(sorted[i - 1], sorted[i]));
            return [.. bounds];
        }

        for (var b = 1; b < bins; b++)
        {
            var at = (int)((long)b * sorted.Length / bins);
            // A value that fills several bins has one of its own: its bound is the step up from it.
            while (at < sorted.Length && at > 0 && sorted[at] == sorted[at - 1])
                at++;
            if (at == sorted.Length)
                break;
            var bound = Between(sorted[at - 1], sorted[at]);
            if (bounds.Count == 0 || bound > bounds[^1])
                bounds.Add(bound);
        }

        return [.. bounds];
    }

    /// <summary>The middle of two neighbours, but never the upper one itself: it belongs to the next bin.</summary>
    private static float Between(float low, float high)
    {
        var middle = low + (high - low) / 2;
        return middle >= low && middle < high ? middle : low;
    }

    private static (double Mean, double Deviation) Moments(ReadOnlySpan<float> values)
    {
        double mean = 0, square = 0;
        foreach (var value in values)
            mean += (double)value / values.Length;
        foreach (var value in values)
            square += (value - mean) * (value - mean) / values.Length;
        return (mean, Math.Sqrt(square));
    }
}
