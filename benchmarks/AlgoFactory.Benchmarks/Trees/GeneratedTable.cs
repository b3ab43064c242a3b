using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>A generated binary task: numeric features, a few of which matter, alone and together.</summary>
internal static class GeneratedTable
{
    public const int Columns = 28;

    public static TrainingSet Binary(int rows, int seed)
    {
        var random = new Random(seed);
        var values = new float[rows * Columns];
        var labels = new float[rows];
        for (var i = 0; i < rows; i++)
        {
            var row = values.AsSpan(i * Columns, Columns);
            for (var f = 0; f < Columns; f++)
                row[f] = (float)Normal(random);
            var score = row[0] * row[1] + Math.Sin(2 * row[2]) + 0.5 * row[3] + (row[4] > 0.5f ? row[5] : -row[6]) + 0.3 * row[7] * row[7];
            labels[i] = score + Normal(random) > 0.3 ? 1 : 0;
        }

        return new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Binary, "y", ["0", "1"]),
            FeatureInfos = [.. Enumerable.Range(0, Columns).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(rows, Columns, values),
            Labels = labels,
        };
    }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
