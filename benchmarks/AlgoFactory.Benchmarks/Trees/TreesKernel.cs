using System.Globalization;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-kernel ROWS THREADS [FEATURES BINS]</c>: the histogram kernel alone, on all rows and on random eighths and
/// sixty-fourths of them, in million row·features a CPU second.
/// </summary>
internal static class TreesKernel
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
        var data = GeneratedTable.Binary(rows, 1);
        var workers = new Workers(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1, default);
        var features = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : GeneratedTable.Columns;
        var bins = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 255;
        var values = new float[rows * features];
        for (var i = 0; i < rows; i++)
            data.Features.Row(i)[..features].CopyTo(values.AsSpan(i * features));
        var matrix = Binner.Bin(new FeatureBatch(rows, features, values), data.FeatureInfos, default, new BinningOptions(bins), workers);
        var random = new Random(1);
        var pairs = new GradientPair[rows];
        for (var i = 0; i < rows; i++)
            pairs[i] = new GradientPair((float)random.NextDouble(), 1);
        var criterion = new GradientCriterion(pairs, new GrowthOptions());
        var builder = new HistogramBuilder(matrix, workers);
        var histogram = new double[matrix.BinCount * 2];
        foreach (var part in new[] { 1, 8, 64 })
        {
            int[] some = [.. Enumerable.Range(0, rows).Where(_ => random.Next(part) == 0)];
            for (var warm = 0; warm < 3; warm++)
                builder.Build(criterion, null, some, [0, 0], histogram);
            var best = 0.0;
            for (var repeat = 0; repeat < 12; repeat++)
            {
                var timer = new CpuTimer();
                for (var i = 0; i < 2 * part; i++)
                    builder.Build(criterion, null, some, [0, 0], histogram);
                best = Math.Max(best, 2.0 * part * some.Length * matrix.Columns / timer.CpuSeconds / 1e6);
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1/{part} of the rows: {best:F0} M row·features a second"));
        }
    }
}
