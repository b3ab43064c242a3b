using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Ingest.Parquet;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Learning.Streaming;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-scale ROWS...</c>: how time and memory grow with the rows of a Parquet file (28 numeric columns, generated and
/// deleted again) that is streamed into boosted trees; 100 rounds, 31 leaves, 255 bins, all threads. Each size runs in a
/// process of its own, so that peaks do not mix.
/// </summary>
internal static class TreesScale
{
    private const int Rounds = 100;
    private const int HoldoutRows = 200_000;

    /// <summary>Rows of the table end below this number: the holdout's come after it.</summary>
    private const long HoldoutFirst = 1L << 40;

    public static void Run(string[] args)
    {
        if (args is ["one", var table, var test])
        {
            Console.WriteLine(Measure(table, test));
            return;
        }

        var folder = Directory.CreateTempSubdirectory("trees-scale-").FullName;
        try
        {
            var holdout = Path.Combine(folder, "holdout.parquet");
            GeneratedParquet.Write(holdout, HoldoutFirst, HoldoutRows);
            Console.WriteLine("| rows | pass 1 s | pass 2 s | boosting s | total s | CPU s | µs a row | matrix MB | peak MB | 1.3 × matrix + 1000 MB | AUC |");
            Console.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
            foreach (var rows in args.Select(a => long.Parse(a, CultureInfo.InvariantCulture)))
            {
                var file = Path.Combine(folder, $"{rows}.parquet");
                GeneratedParquet.Write(file, 0, rows);
                Child("trees-scale", "one", file, holdout);
                File.Delete(file);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Child(params string[] args)
    {
        // Started by an apphost or by "dotnet program.dll".
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self, Path.GetFileNameWithoutExtension(self) == "dotnet" ? [Environment.GetCommandLineArgs()[0], .. args] : args);
        using var child = Process.Start(start)!;
        child.WaitForExit();
        if (child.ExitCode != 0)
            throw new InvalidOperationException($"The measurement ended with exit code {child.ExitCode}.");
    }

    private static string Measure(string table, string holdout)
    {
        var parameters = ParameterSet.Empty
            .With("rounds", Rounds).With("learning_rate", 0.1).With("num_leaves", 31).With("max_bin", 255).With("min_data_in_leaf", 20)
            .With("feature_fraction", 1).With("bagging_fraction", 1).With("lambda_l2", 1);
        var task = new TaskSpec(TaskKind.Binary, "y", ["0", "1"]);
        var options = new ReadOptions { MemoryLimitMiB = 512 };
        using var columns = ColumnStream.Open(table, [.. GeneratedParquet.Names], options);
        var passes = new TimedStream(new ColumnFeatureStream(columns, task));
        var timer = new CpuTimer();
        var model = new GbdtLearner().FitStream(
            new StreamedTrainingSet { Task = task, Rows = passes }, parameters, FitContext.Create(1, Environment.ProcessorCount)).Model;
        var (total, cpu) = (timer.WallSeconds, timer.CpuSeconds);
        var peak = PeakMemory.MiB("VmHWM") * (1 << 20) / 1e6;

        var matrix = passes.Rows * (double)BinnedMatrix.StrideFor(GeneratedParquet.Columns) / 1e6;
        var (pass1, pass2) = (passes.Seconds[0], passes.Seconds[1]);
        return string.Create(CultureInfo.InvariantCulture,
            $"| {passes.Rows:N0} | {pass1:F1} | {pass2:F1} | {total - pass1 - pass2:F1} | {total:F1} | {cpu:F1} | {total / passes.Rows * 1e6:F2} | {matrix:F0} | {peak:F0} | {1.3 * matrix + 1000:F0} | {Auc(model, holdout, options):F4} |");
    }

    private static double Auc(IModel model, string holdout, ReadOptions options)
    {
        using var columns = ColumnStream.Open(holdout, [.. GeneratedParquet.Names], options);
        using var reader = columns.Read(default);
        var values = new float[(GeneratedParquet.Columns + 1) * HoldoutRows];
        var rows = reader.Read(values, HoldoutRows);
        var dense = new float[rows * GeneratedParquet.Columns];
        for (var row = 0; row < rows; row++)
            for (var f = 0; f < GeneratedParquet.Columns; f++)
                dense[row * GeneratedParquet.Columns + f] = values[f * HoldoutRows + row];
        var scores = new float[rows];
        model.Predict(new FeatureBatch(rows, GeneratedParquet.Columns, dense), scores);
        return Measures.Auc(scores, values.AsSpan(GeneratedParquet.Columns * HoldoutRows, rows));
    }

    /// <summary>Takes the time of each pass.</summary>
    private sealed class TimedStream(IFeatureStream inner) : IFeatureStream
    {
        public List<double> Seconds { get; } = [];

        public long Rows { get; private set; }

        public System.Collections.Immutable.ImmutableArray<FeatureInfo> FeatureInfos => inner.FeatureInfos;

        public bool HasWeights => inner.HasWeights;

        public IFeatureReader Open(CancellationToken cancellation) => new Reader(this, inner.Open(cancellation));

        private sealed class Reader(TimedStream stream, IFeatureReader inner) : IFeatureReader
        {
            private readonly Stopwatch _watch = Stopwatch.StartNew();

            public bool Read(FeatureChunk chunk)
            {
                var more = inner.Read(chunk);
                if (stream.Seconds.Count == 0)
                    stream.Rows += chunk.RowCount;
                return more;
            }

            public void Dispose()
            {
                stream.Seconds.Add(_watch.Elapsed.TotalSeconds);
                inner.Dispose();
            }
        }
    }
}
