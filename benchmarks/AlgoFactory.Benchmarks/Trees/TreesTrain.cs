using System.Globalization;
using System.Runtime;
using System.Text.Json;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-train generate TABLE ROWS</c> writes a table of 28 numeric features for every system; <c>trees-train TABLE THREADS
/// [REPEATS] [SEED]</c> trains on it (100 rounds, 31 leaves, 255 bins, learning rate 0.1) and prints a line of JSON a repeat. The
/// first repeat of a process is cold: compilation is in its time.
/// </summary>
internal static class TreesTrain
{
    public static void Run(string[] args)
    {
        if (args[0] == "generate")
        {
            GeneratedTable.Write(args[1], int.Parse(args[2], CultureInfo.InvariantCulture));
            return;
        }

        var threads = int.Parse(args[1], CultureInfo.InvariantCulture);
        var repeats = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1;
        var seed = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
        var (data, test) = GeneratedTable.Read(args[0]);
        var parameters = ParameterSet.Empty
            .With("rounds", 100).With("learning_rate", 0.1).With("num_leaves", 31).With("max_bin", 255).With("min_data_in_leaf", 20)
            .With("feature_fraction", 1).With("bagging_fraction", 1).With("lambda_l2", 1);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
            GC.Collect(2, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            var before = PeakMemory.Reset();
            var timer = new CpuTimer();
            var model = new GbdtLearner().Fit(data, parameters, FitContext.Create(seed + repeat, threads)).Model;
            var (cpu, wall) = (timer.CpuSeconds, timer.WallSeconds);
            var peak = PeakMemory.MiB("VmHWM") - before;
            var scores = new float[test.RowCount];
            model.Predict(test.Features, scores);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                system = "algofactory",
                threads,
                cpu = Math.Round(cpu, 2),
                wall = Math.Round(wall, 2),
                auc = Math.Round(Measures.Auc(scores, test.Labels.Span), 5),
                peak = Math.Round(peak),
            }));
        }
    }
}
