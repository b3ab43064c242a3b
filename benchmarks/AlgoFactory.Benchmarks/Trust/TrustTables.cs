using System.Globalization;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;

namespace AlgoFactory.Benchmarks.Trust;

/// <summary>
/// How far probabilities, intervals and sets can be trusted: tables with a fixed split are trained, and the test rows say
/// how often intervals or sets held the truth, and whether calibration helped.
/// <c>trust-tables FOLDER TRIALS NAME:LABEL ...</c>; FOLDER holds NAME.train.csv and NAME.test.csv.
/// </summary>
internal static class TrustTables
{
    public static void Run(string[] args)
    {
        var (folder, trials) = (args[0], int.Parse(args[1], CultureInfo.InvariantCulture));
        Console.WriteLine("| table | task | test rows | 0.8 held (size) | 0.9 held (size) | 0.95 held (size) | calibration | loss before | loss after | Brier before | Brier after | AUC before | AUC after |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (var table in args[2..].Select(a => a.Split(':')))
            Console.WriteLine(Line(folder, table[0], table[1], trials));
    }

    private static string Line(string folder, string name, string label, int trials)
    {
        var path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.afm");
        try
        {
            new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(
                new TrainRequest
                {
                    File = Path.Combine(folder, $"{name}.train.csv"),
                    DataName = name,
                    Label = label,
                    Trials = trials,
                    StartedAt = DateTimeOffset.UtcNow,
                    OutputPath = path,
                },
                null, CancellationToken.None).GetAwaiter().GetResult();
            var model = ModelFile.Load(path, BuiltIn.Readers);
            var test = Path.Combine(folder, $"{name}.test.csv");
            var after = EvaluateModel.Run(model, test, new ReadOptions(), CancellationToken.None);
            var before = EvaluateModel.Run(model with { Predictor = Uncalibrated(model.Predictor) }, test, new ReadOptions(), CancellationToken.None);
            var coverage = string.Join(" | ", after.Coverage.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Covered:0.000} ({c.MeanSize:G4})")));
            return $"| {name} | {after.Task} | {after.Rows} | {coverage} | {after.Calibration ?? "none"} | {Metric(before, "logloss")} | {Metric(after, "logloss")} | {Metric(before, "brier")} | {Metric(after, "brier")} | {Metric(before, "auc")} | {Metric(after, "auc")} |";
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Predictor Uncalibrated(Predictor model) =>
        new(model.Schema, model.Task, model.Members, model.Post with { Calibration = null });

    private static string Metric(EvaluationOutcome outcome, string name) =>
        outcome.Metrics.TryGetValue(name, out var value) && value is double number ? number.ToString("0.000000", CultureInfo.InvariantCulture) : "–";
}
