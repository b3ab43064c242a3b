using System.Globalization;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Benchmarks.Search;

/// <summary>
/// <c>tuners FOLDER SECONDS TABLE:LABEL,... [tuners=NAMES] [seeds=N] [trials=N]</c>: sweeps over <c>TABLE.train.csv</c> on one
/// thread with each tuner, measured on <c>TABLE.test.csv</c>. A line a table, tuner and seed, then each tuner's loss as a share
/// of plain random search's (the geometric mean over tables and seeds): of the best trial on the validation rows, and of the
/// model on the test rows.
/// </summary>
internal static class Tuners
{
    private sealed record Line(string Table, string Tuner, int Seed, double Validation, double Test, int Trials, int LastBest);

    public static void Run(string[] args)
    {
        string Named(string name, string other) =>
            args.Where(a => a.StartsWith(name + "=", StringComparison.Ordinal)).Select(a => a[(name.Length + 1)..]).FirstOrDefault(other);
        var tuners = Named("tuners", string.Join(',', TunerCatalog.Names)).Split(',');
        var seeds = int.Parse(Named("seeds", "2"), CultureInfo.InvariantCulture);
        var trials = int.Parse(Named("trials", "0"), CultureInfo.InvariantCulture);
        var budget = TimeSpan.FromSeconds(double.Parse(args[1], CultureInfo.InvariantCulture));
        Console.WriteLine("| table | tuner | seed | validation loss | test loss | trials | last better |\n|---|---|---:|---:|---:|---:|---:|");
        var lines = new List<Line>();
        foreach (var table in args[2].Split(','))
            for (var seed = 1; seed <= seeds; seed++)
                foreach (var tuner in tuners)
                {
                    var line = Sweep(args[0], table.Split(':'), tuner, seed, budget, trials);
                    lines.Add(line);
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"| {line.Table} | {tuner} | {seed} | {line.Validation:F5} | {line.Test:F5} | {line.Trials} | {line.LastBest} |"));
                }

        Console.WriteLine("\n| tuner | validation loss / random's | test loss / random's | trials, median |\n|---|---:|---:|---:|");
        foreach (var tuner in tuners)
        {
            var own = lines.Where(l => l.Tuner == tuner).ToArray();
            double Share(Func<Line, double> of) => Math.Exp(own.Average(l =>
                Math.Log(of(l) / of(lines.First(r => (r.Table, r.Seed, r.Tuner) == (l.Table, l.Seed, tuners.Contains("random") ? "random" : tuners[0]))))));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {tuner} | {Share(l => l.Validation):F4} | {Share(l => l.Test):F4} | {own.Select(l => l.Trials).Order().ElementAt(own.Length / 2)} |"));
        }
    }

    private static Line Sweep(string folder, string[] table, string tuner, int seed, TimeSpan budget, int trials)
    {
        var output = Path.Combine(Path.GetTempPath(), $"tuners-{Environment.ProcessId}.afm");
        var report = new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(
            new TrainRequest
            {
                File = Path.Combine(folder, $"{table[0]}.train.csv"),
                DataName = table[0],
                Label = table[1],
                Budget = trials > 0 ? null : budget,
                Trials = trials > 0 ? trials : null,
                Tuner = tuner,
                Seed = seed,
                Threads = 1,
                StartedAt = DateTimeOffset.UtcNow,
                OutputPath = output,
            },
            null, CancellationToken.None).GetAwaiter().GetResult();
        var outcome = EvaluateModel.Run(ModelFile.Load(output, BuiltIn.Readers), Path.Combine(folder, $"{table[0]}.test.csv"), new(), CancellationToken.None);
        File.Delete(output);
        double Loss(double score) => report.HigherIsBetter ? 1 - score : score;
        var tried = report.Leaderboard.Where(e => e is { Score: not null } && e.Learner != ExperimentResult.EnsembleLearner).ToArray();
        var best = tried.MinBy(e => Loss(e.Score!.Value))!;
        return new Line(table[0], tuner, seed, Loss(best.Score!.Value), Loss((double)outcome.Metrics[report.Metric]!), report.Trials, best.Trial);
    }
}
