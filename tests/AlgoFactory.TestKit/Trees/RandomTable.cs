using System.Collections.Immutable;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit.Trees;

/// <summary>Random tables with what real ones have: ties, constants, missing and infinite values, categories, sparse columns.</summary>
public static class RandomTable
{
    /// <summary>A table whose label depends on the first columns.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="kind">The task; multiclass has four classes.</param>
    /// <param name="categorical">Whether one column holds 12 categories.</param>
    /// <param name="sparse">Whether there are 20 sparse columns.</param>
    public static TrainingSet Create(int rows, int seed, TaskKind kind, bool categorical = true, bool sparse = false)
    {
        var random = new Random(seed);
        const int Width = 7;
        var dense = new float[rows * Width];
        var score = new double[rows];
        for (var i = 0; i < rows; i++)
        {
            var row = dense.AsSpan(i * Width, Width);
            row[0] = (float)(random.NextDouble() * 4 - 2);
            row[1] = random.Next(6);
            row[2] = random.Next(4) == 0 ? float.NaN : (float)random.NextDouble();
            row[3] = 42;
            row[4] = float.NaN;
            row[5] = categorical ? (random.Next(20) == 0 ? float.NaN : random.Next(12)) : (float)random.NextDouble();
            row[6] = random.Next(30) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => (float)(random.NextDouble() * 1e6) };
            score[i] = row[0] * row[0] + (row[1] > 2 ? 1 : 0) + (float.IsNaN(row[2]) ? 0.7 : row[2]) +
                (float.IsNaN(row[5]) ? 0 : (int)row[5] % 3) + random.NextDouble();
        }

        var block = sparse ? Sparse(rows, random, score) : null;
        return new TrainingSet
        {
            Task = Task(kind),
            FeatureInfos = [.. Enumerable.Range(0, Width).Select(f => f == 5 && categorical
                ? new FeatureInfo("c5", "c5", FeatureKind.Categorical, 12)
                : new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
            Features = new FeatureBatch(rows, Width, dense, block),
            Labels = Array.ConvertAll(score, s => kind switch
            {
                TaskKind.Binary => s > 3 ? 1f : 0f,
                TaskKind.Multiclass => Math.Clamp((int)(s - 1), 0, 3),
                _ => (float)(1000 * s),
            }),
        };
    }

    /// <summary>
    /// A table of a few columns of any kind: ties, constants, infinities and missing values, two categories or 65,537 of them,
    /// more than bins. Labels are noise.
    /// </summary>
    public static TrainingSet Wild(int rows, Random random, TaskKind kind)
    {
        var width = random.Next(1, 8);
        var dense = new float[rows * width];
        var infos = new FeatureInfo[width];
        for (var f = 0; f < width; f++)
        {
            var shape = random.Next(8);
            int[] cardinalities = [2, 5, 40, 300, 65_537];
            var cardinality = shape < 3 ? cardinalities[random.Next(cardinalities.Length)] : 0;
            var lacking = random.Next(3) == 0 ? random.Next(1, 10) : 0;
            infos[f] = new FeatureInfo($"f{f}", $"f{f}", cardinality > 0 ? FeatureKind.Categorical : FeatureKind.Numeric, cardinality);
            for (var i = 0; i < rows; i++)
                dense[i * width + f] = random.Next(10) < lacking ? float.NaN : cardinality > 0 ? random.Next(cardinality) : shape switch
                {
                    3 => 42,
                    4 => random.Next(3),
                    5 => random.Next(20) switch { 0 => float.PositiveInfinity, 1 => float.NegativeInfinity, _ => random.Next(100) },
                    6 => float.NaN,
                    _ => (float)random.NextDouble(),
                };
        }

        return new TrainingSet
        {
            Task = Task(kind),
            FeatureInfos = [.. infos],
            Features = new FeatureBatch(rows, width, dense, random.Next(3) == 0 ? Sparse(rows, random, new double[rows]) : null),
            Labels = Enumerable.Range(0, rows).Select(_ => kind switch
            {
                TaskKind.Binary => random.Next(2),
                TaskKind.Multiclass => random.Next(4),
                _ => (float)random.NextDouble(),
            }).ToArray(),
        };
    }

    private static TaskSpec Task(TaskKind kind) => new(kind, "y", kind switch
    {
        TaskKind.Binary => ["a", "b"],
        TaskKind.Multiclass => ["a", "b", "c", "d"],
        _ => ImmutableArray<string>.Empty,
    });

    private static SparseBlock Sparse(int rows, Random random, double[] score)
    {
        const int Width = 20;
        var starts = new int[rows + 1];
        var (indices, values) = (new List<int>(), new List<float>());
        for (var i = 0; i < rows; i++)
        {
            for (var column = 0; column < Width; column++)
            {
                if (random.Next(column + 2) != 0)
                    continue;
                indices.Add(column);
                values.Add(random.Next(50) == 0 ? float.NaN : random.Next(1, 9) / 4f - 1);
                score[i] += column == 3 ? 1 : 0;
            }

            starts[i + 1] = indices.Count;
        }

        return new SparseBlock(Width, starts, [.. indices], [.. values]);
    }
}
