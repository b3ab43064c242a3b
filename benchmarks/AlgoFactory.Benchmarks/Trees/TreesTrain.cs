using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary><c>trees-train ROWS THREADS [ROUNDS] [REPEATS]</c>: 28 numeric features, 31 leaves, 255 bins, learning rate 0.1; binning, growing and predicting apart.</summary>
internal static class TreesTrain
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 1_000_000;
        var threads = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 1;
        var rounds = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100;
        var repeats = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : 1;
        var data = GeneratedTable.Binary(rows, 1);
        var test = GeneratedTable.Binary(Math.Min(rows, 200_000), 2);
        var parameters = ParameterSet.Empty
            .With("rounds", rounds).With("learning_rate", 0.1).With("num_leaves", 31).With("max_bin", 255).With("min_data_in_leaf", 20)
            .With("feature_fraction", 1).With("bagging_fraction", 1).With("lambda_l2", 1);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            var binning = new CpuTimer();
            Binner.Bin(data.Features, data.FeatureInfos, default, new BinningOptions(), new Workers(threads, default));
            Print("binning", binning);
            var fitting = new CpuTimer();
            var model = (GbdtModel)new GbdtLearner().Fit(data, parameters, FitContext.Create(1, threads)).Model;
            Print("binning and growing", fitting);
            var scores = new float[rows];
            var predicting = new CpuTimer();
            model.Predict(data.Features, scores);
            Print($"predicting {rows:N0} rows", predicting);
            var testScores = new float[test.RowCount];
            model.Predict(test.Features, testScores);
            var sum = 0.0;
            foreach (var value in scores)
                sum += value;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"test auc {Measures.Auc(testScores, test.Labels.Span):F5}, mean score {sum / rows:R}, peak {Environment.WorkingSet >> 20} MiB"));
        }
    }

    private static void Print(string what, CpuTimer timer) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {timer.CpuSeconds:F2} s cpu, {timer.WallSeconds:F2} s wall"));
}
