using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-categories FOLDER TABLES REPEATS [SETTINGS ...]</c>: repeated 5-fold cross-validation on <c>NAME.train.csv</c>.
/// Each fold's boosting stops early on a fifth of its training part. Settings are <c>name=value,name=value</c>; all are fitted
/// on the same folds, and each is compared with the first, fold by fold. Without settings: codes, ordered, auto.
/// </summary>
internal static class TreesCategories
{
    private const int Folds = 5;

    public static void Run(string[] args)
    {
        var repeats = int.Parse(args[2], CultureInfo.InvariantCulture);
        var settings = args.Length > 3 ? args[3..] : ["categorical_encoding=codes", "categorical_encoding=ordered", "categorical_encoding=auto"];
        foreach (var table in TreesTables.Named(args[1]))
        {
            var (data, _) = table.Read(args[0]);
            var values = settings.Select(_ => new List<double>()).ToArray();
            var seconds = new double[settings.Length];
            for (var repeat = 1; repeat <= repeats; repeat++)
            {
                var order = TreesTables.Shuffled(data.RowCount, repeat);
                for (var fold = 0; fold < Folds; fold++)
                {
                    var (from, to) = (fold * data.RowCount / Folds, (fold + 1) * data.RowCount / Folds);
                    var test = TreesTables.Take(data, [.. order[from..to].Order()]);
                    var rest = TreesTables.Take(data, [.. order[..from].Concat(order[to..]).Order()]);
                    for (var i = 0; i < settings.Length; i++)
                    {
                        var timer = new CpuTimer();
                        values[i].Add(Fit(rest, test, TreesTables.Parse(settings[i].Split(',')), repeat));
                        seconds[i] += timer.CpuSeconds;
                    }
                }
            }

            for (var i = 0; i < settings.Length; i++)
            {
                var differences = values[i].Zip(values[0], (a, b) => a - b).ToArray();
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{table.Name,-18} {table.Metric,-7} {values[i].Average(),11:F5}  {differences.Average(),10:F5} ± {StandardError(differences):F5}  {seconds[i] / values[i].Count,6:F2} s  {settings[i]}"));
            }
        }
    }

    private static double Fit(TrainingSet rest, TrainingSet test, ParameterSet parameters, int seed)
    {
        var (part, validation) = TreesTables.Split(rest, seed);
        var model = new GbdtLearner().Fit(part with { Validation = validation }, parameters, FitContext.Create(seed, Environment.ProcessorCount)).Model;
        return TreesTables.Score(model, test);
    }

    /// <summary>
    /// Folds of one repeat share training rows, so their differences are not independent: the corrected variance of Nadeau and
    /// Bengio (2003), with test / training = 1 / 4.
    /// </summary>
    private static double StandardError(double[] differences)
    {
        var mean = differences.Average();
        var variance = differences.Sum(d => (d - mean) * (d - mean)) / Math.Max(1, differences.Length - 1);
        return Math.Sqrt(variance * (1.0 / differences.Length + 1.0 / (Folds - 1)));
    }
}
