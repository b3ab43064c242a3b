using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-predict ROWS [TREES] [LEAVES] [REPEATS] [FOLDER]</c>: a batch and single rows through boosted trees, for whole rows,
/// with missing values and with categories. With a folder the whole rows and their labels are written there (float32,
/// row-major), for a comparison with others on the same rows.
/// </summary>
internal static class TreesPredict
{
    private const int TrainingRows = 200_000;

    public static void Run(string[] args)
    {
        int Number(int at, int otherwise) => args.Length > at ? int.Parse(args[at], CultureInfo.InvariantCulture) : otherwise;
        var (rows, trees, leaves, repeats) = (Number(0, 1_000_000), Number(1, 100), Number(2, 31), Number(3, 5));
        var parameters = ParameterSet.Empty
            .With("rounds", trees).With("learning_rate", 0.1).With("num_leaves", leaves).With("max_bin", 255).With("min_data_in_leaf", 20)
            .With("feature_fraction", 1).With("bagging_fraction", 1);
        var test = GeneratedTable.Binary(rows, 2);
        if (args.Length > 4)
        {
            File.WriteAllBytes(Path.Combine(args[4], "rows.bin"), MemoryMarshal.AsBytes(test.Features.Dense).ToArray());
            File.WriteAllBytes(Path.Combine(args[4], "labels.bin"), MemoryMarshal.AsBytes(test.Labels.Span).ToArray());
        }

        foreach (var kind in Enum.GetValues<RowKind>())
        {
            var train = Change(GeneratedTable.Binary(TrainingRows, 1), kind);
            var model = (GbdtModel)new GbdtLearner().Fit(train, parameters, FitContext.Create(1, 2)).Model;
            var batch = Change(test, kind).Features;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{kind}: {rows:N0} rows, {model.TreeCount} trees of {leaves} leaves: {Batch(model, batch, repeats):F3} s cpu; one row p50 {Single(model, batch):F2} µs"));
        }
    }

    private enum RowKind
    {
        Whole,
        Missing,
        Categories,
    }

    /// <summary>The median of the processor seconds.</summary>
    private static double Batch(GbdtModel model, FeatureBatch batch, int repeats)
    {
        var scores = new float[batch.RowCount];
        model.Predict(batch, scores);
        var seconds = new double[repeats];
        for (var r = 0; r < repeats; r++)
        {
            var timer = new CpuTimer();
            model.Predict(batch, scores);
            seconds[r] = timer.CpuSeconds;
        }

        Array.Sort(seconds);
        return seconds[repeats / 2];
    }

    /// <summary>The median time of a row by itself, in microseconds.</summary>
    private static double Single(GbdtModel model, FeatureBatch batch)
    {
        FeatureBatch[] alone = [.. Enumerable.Range(0, 5000).Select(r => batch.Take([r % batch.RowCount]))];
        var score = new float[1];
        var ticks = new long[alone.Length];
        for (var round = 0; round < 20; round++)
        {
            for (var i = 0; i < alone.Length; i++)
            {
                var started = Stopwatch.GetTimestamp();
                model.Predict(alone[i], score);
                ticks[i] = Stopwatch.GetTimestamp() - started;
            }
        }

        Array.Sort(ticks);
        return ticks[ticks.Length / 2] * 1e6 / Stopwatch.Frequency;
    }

    /// <summary>A tenth of the values go missing; or the first four features become 20 categories each.</summary>
    private static TrainingSet Change(TrainingSet data, RowKind kind)
    {
        if (kind == RowKind.Whole)
            return data;
        var values = data.Features.Dense.ToArray();
        var width = data.Features.DenseWidth;
        var random = new Random(3);
        for (var i = 0; i < values.Length; i++)
        {
            if (kind == RowKind.Missing && random.Next(10) == 0)
                values[i] = float.NaN;
            if (kind == RowKind.Categories && i % width < 4)
                values[i] = (int)Math.Clamp(values[i] * 4 + 10, 0, 19) * 7 % 20;
        }

        return data with
        {
            Features = new FeatureBatch(data.RowCount, width, values),
            FeatureInfos = [.. data.FeatureInfos.Select((f, i) => kind == RowKind.Categories && i < 4
                ? f with { Kind = FeatureKind.Categorical, Cardinality = 20 } : f)],
        };
    }
}
