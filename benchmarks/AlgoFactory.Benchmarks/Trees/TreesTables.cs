using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-tables FOLDER LEARNER [TABLES] [peers=FILE] [NAME=VALUE ...]</c>: fits <c>NAME.train.csv</c>, scores
/// <c>NAME.test.csv</c>. Boosting and networks stop early on a fifth of the training rows, then are refitted on all of them with
/// the rounds or epochs found. LEARNER is any that reads codes. With a file of peers' figures (dataset, task, system, metric, value: separated by tabs) each table gets a verdict:
/// against the best of the peers' defaults, and by how much of the loss it is worse than the worst of them.
/// </summary>
internal static class TreesTables
{
    private static readonly string[] Peers = ["LightGBM default", "XGBoost 100 trees", "sklearn HistGradientBoosting"];

    /// <summary>A table with a fixed split.</summary>
    internal sealed record Table(string Name, string Label, TaskKind Kind)
    {
        public string Metric => Kind switch { TaskKind.Binary => "auc", TaskKind.Multiclass => "logloss", _ => "rmse" };

        public (TrainingSet Train, TrainingSet Test) Read(string folder) =>
            CsvTable.Read(Path.Combine(folder, $"{Name}.train.csv"), Path.Combine(folder, $"{Name}.test.csv"), Label, Kind);
    }

    private static readonly Table[] Tables =
    [
        new("titanic", "survived", TaskKind.Binary), new("credit_data", "Status", TaskKind.Binary), new("mlc_churn", "churn", TaskKind.Binary),
        new("spambase", "type", TaskKind.Binary), new("lending_club", "Class", TaskKind.Binary), new("adult", "income", TaskKind.Binary),
        new("penguins", "species", TaskKind.Multiclass), new("vehicle", "Class", TaskKind.Multiclass), new("satellite", "classes", TaskKind.Multiclass),
        new("income", "INCOME", TaskKind.Multiclass), new("letter", "lettr", TaskKind.Multiclass),
        new("concrete", "compressive_strength", TaskKind.Regression), new("ames", "Sale_Price", TaskKind.Regression),
        new("wine_reviews", "points", TaskKind.Regression), new("bike_hour", "cnt", TaskKind.Regression),
        new("california_housing", "median_house_value", TaskKind.Regression), new("diamonds", "price", TaskKind.Regression),
        new("taxi_fare", "fare_amount", TaskKind.Regression), new("flights500k_late", "late", TaskKind.Binary),
    ];

    public static void Run(string[] args)
    {
        var learner = BuiltIn.Catalog[args[1]];
        var peers = args.Where(a => a.StartsWith("peers=", StringComparison.Ordinal)).Select(a => ReadPeers(a["peers=".Length..])).FirstOrDefault();
        var parameters = Parse(args.Skip(2).Where(a => a.Contains('=') && !a.StartsWith("peers=", StringComparison.Ordinal)));
        var seed = (int)parameters.Values.Where(p => p.Key == "seed").Select(p => (double)p.Value).DefaultIfEmpty(1).First();
        var (judged, good, bad) = (0, 0, 0);
        foreach (var table in Named(args.Length > 2 && !args[2].Contains('=') ? args[2] : "all"))
        {
            var (train, test) = table.Read(args[0]);
            var timer = new CpuTimer();
            var context = FitContext.Create(seed, Environment.ProcessorCount);
            var chosen = parameters;
            if (learner.Info.UsesValidation && !parameters.Has("rounds") && !parameters.Has("epochs"))
            {
                var (part, validation) = Split(train, seed);
                chosen = learner.Fit(part with { Validation = validation }, parameters, context).RefitParameters;
            }

            var model = learner.Fit(train, chosen, context).Model;
            var seconds = timer.CpuSeconds;
            var value = Score(model, test);
            var verdict = "";
            if (peers is not null && Verdict(table, value, peers) is { } found)
            {
                verdict = found.Text;
                judged++;
                good += found.AsGoodAsBest ? 1 : 0;
                bad += found.WorseThanWorst > 0.02 ? 1 : 0;
            }

            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{table.Name,-20} {table.Metric,-7} {value,11:F5}  cpu {seconds,6:F2} s  {verdict}{chosen}"));
        }

        if (judged > 0)
            Console.WriteLine($"as good as the best of the peers on {good} of {judged} tables, worse than the worst by more than 2 % of the loss on {bad}");
    }

    public static IEnumerable<Table> Named(string names) => Tables.Where(t => names == "all" || names.Split(',').Contains(t.Name));

    /// <summary>Settings from <c>name=value</c>.</summary>
    public static ParameterSet Parse(IEnumerable<string> settings) => settings.Select(s => s.Split('='))
        .Aggregate(ParameterSet.Empty, (set, p) => double.TryParse(p[1], CultureInfo.InvariantCulture, out var number) ? set.With(p[0], number) : set.With(p[0], p[1]));

    /// <summary>AUC, logloss or RMSE.</summary>
    public static double Score(IModel model, TrainingSet test)
    {
        var scores = new float[test.RowCount * model.OutputWidth];
        model.Predict(test.Features, scores);
        return test.Task.Kind switch
        {
            TaskKind.Binary => Measures.Auc(scores, test.Labels.Span),
            TaskKind.Multiclass => Measures.LogLoss(scores, model.OutputWidth, test.Labels.Span),
            _ => Measures.Rmse(scores, test.Labels.Span),
        };
    }

    public static int[] Shuffled(int rows, int seed)
    {
        var order = Enumerable.Range(0, rows).ToArray();
        new Random(seed).Shuffle(order);
        return order;
    }

    public static (TrainingSet Part, TrainingSet Validation) Split(TrainingSet data, int seed)
    {
        var order = Shuffled(data.RowCount, seed);
        var cut = data.RowCount / 5;
        return (Take(data, order[cut..].Order().ToArray()), Take(data, order[..cut].Order().ToArray()));
    }

    public static TrainingSet Take(TrainingSet data, int[] rows) => data with
    {
        Features = data.Features.Take(rows),
        Labels = Array.ConvertAll(rows, r => data.Labels.Span[r]),
    };

    private static (string Text, bool AsGoodAsBest, double WorseThanWorst)? Verdict(Table table, double value, ILookup<(string, string), double> peers)
    {
        double[] values = [.. Peers.SelectMany(p => peers[(table.Name, p)])];
        if (values.Length == 0)
            return null;
        var losses = Array.ConvertAll(values, Loss);
        var (best, worst) = (losses.Min(), losses.Max());
        var good = Loss(value) <= best;
        var over = Loss(value) / worst - 1;
        var text = string.Create(CultureInfo.InvariantCulture,
            $"peers' loss {best:F5} to {worst:F5}, ours {Loss(value):F5}: {(good ? "as good as the best" : over <= 0.02 ? "between" : "worse than the worst")} ({Loss(value) / best - 1:+0.0%;-0.0%})  ");
        return (text, good, over);

        double Loss(double v) => table.Kind == TaskKind.Binary ? 1 - v : v;
    }

    private static ILookup<(string, string), double> ReadPeers(string file) => File.ReadLines(file).Skip(1).Select(l => l.Split('\t'))
        .Where(c => c.Length > 4 && c[3] is "auc" or "logloss" or "rmse")
        .ToLookup(c => (c[0], c[2]), c => double.Parse(c[4], CultureInfo.InvariantCulture));
}
