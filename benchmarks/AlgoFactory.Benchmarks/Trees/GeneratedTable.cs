using System.Runtime.InteropServices;
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
            // Every interaction shows in one of its features alone too: greedy growth then finds the same structure at any
            // seed, and the systems' figures differ by less than a thousandth from run to run.
            var score = row[0] * (1 + row[1]) + Math.Sin(2 * row[2]) + 0.5 * row[3] + (row[4] > 0.5f ? row[5] : -row[6]) + 0.3 * row[7] * row[7];
            labels[i] = score + Normal(random) > 0.3 ? 1 : 0;
        }

        return Table(values, labels);
    }

    /// <summary>Writes a training table and a test table of 200,000 rows to a file that other systems read too: three int64 (rows, test rows, columns), then values and labels of both, float32.</summary>
    public static void Write(string path, int rows)
    {
        var (train, test) = (Binary(rows, 1), Binary(200_000, 2));
        using var file = File.Create(path);
        file.Write(MemoryMarshal.AsBytes<long>([rows, test.RowCount, Columns]));
        foreach (var part in new[] { train, test })
        {
            file.Write(MemoryMarshal.AsBytes(part.Features.Dense));
            file.Write(MemoryMarshal.AsBytes(part.Labels.Span));
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static (TrainingSet Train, TrainingSet Test) Read(string path)
    {
        using var file = File.OpenRead(path);
        Span<long> header = stackalloc long[3];
        file.ReadExactly(MemoryMarshal.AsBytes(header));
        return (Part((int)header[0]), Part((int)header[1]));

        TrainingSet Part(int rows)
        {
            var (values, labels) = (new float[rows * Columns], new float[rows]);
            file.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            file.ReadExactly(MemoryMarshal.AsBytes(labels.AsSpan()));
            return Table(values, labels);
        }
    }

    private static TrainingSet Table(float[] values, float[] labels) => new()
    {
        Task = new TaskSpec(TaskKind.Binary, "y", ["0", "1"]),
        FeatureInfos = [.. Enumerable.Range(0, Columns).Select(f => new FeatureInfo($"f{f}", $"f{f}", FeatureKind.Numeric))],
        Features = new FeatureBatch(labels.Length, Columns, values),
        Labels = labels,
    };

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
