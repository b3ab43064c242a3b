using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.FactorizationMachines;

namespace AlgoFactory.Benchmarks.Factorization;

/// <summary>
/// What a factorization machine reads of a table, as a sparse 0/1 matrix: a column a level and a bin. A linear model on
/// it is logistic regression with one-hot encoding, with the same view of the data and no pairs.
/// </summary>
internal static class OneHotRows
{
    public static (TrainingSet Train, TrainingSet Test) Of(TrainingSet train, TrainingSet test, int bins)
    {
        var encoder = FieldEncoder.Fit(train, bins, normalize: false, _ => 1 << 24, default);
        return (Encode(train, encoder), Encode(test, encoder));
    }

    private static TrainingSet Encode(TrainingSet data, FieldEncoder encoder)
    {
        var rows = EncodedRows.Of(encoder, data.Features, default);
        var starts = new int[rows.Count + 1];
        for (var row = 0; row < rows.Count; row++)
            starts[row + 1] = starts[row] + rows[row].Length;
        var indices = new int[starts[^1]];
        var values = new float[starts[^1]];
        for (var row = 0; row < rows.Count; row++)
        {
            rows[row].Slots.CopyTo(indices.AsSpan(starts[row]));
            rows[row].Values.CopyTo(values.AsSpan(starts[row]));
        }

        return data with { FeatureInfos = [], Features = new FeatureBatch(rows.Count, 0, default, new SparseBlock(encoder.Slots, starts, indices, values)) };
    }
}
