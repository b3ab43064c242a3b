using System.Diagnostics;
using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Benchmarks.Serving;

/// <summary><c>serving-compare [ROWS]</c>: how long the comparison of a challenger takes on as many rows as are looked at, by metric.</summary>
internal static class ServingCompare
{
    public static void Run(string[] args)
    {
        var rows = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 20_000;
        Console.WriteLine("| task | metric | rows | draws | seconds |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var (task, metric) in new[]
        {
            (new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]), "auc"),
            (new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]), "logloss"),
            (new TaskSpec(TaskKind.Multiclass, "y", [.. Enumerable.Range(0, 10).Select(k => $"class {k}")]), "macroAuc"),
            (new TaskSpec(TaskKind.Regression, "y", []), "medianAe"),
        })
        {
            var random = new Random(1);
            float[] labels = [.. Enumerable.Range(0, rows).Select(_ => task.IsClassification ? random.Next(task.Classes.Length) : (float)random.NextDouble())];
            var started = Stopwatch.GetTimestamp();
            PairedBootstrap.Compare(metric, Scored(task, labels, random), Scored(task, labels, random));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {task.Kind} | {metric} | {rows:N0} | {PairedBootstrap.Draws} | {Stopwatch.GetElapsedTime(started).TotalSeconds:F1} |"));
        }
    }

    private static ScoredRows Scored(TaskSpec task, float[] labels, Random random) =>
        new(task, [.. Enumerable.Range(0, labels.Length * task.OutputWidth).Select(_ => (float)random.NextDouble())], labels);
}
