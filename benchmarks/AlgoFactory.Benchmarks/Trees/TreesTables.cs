using System.Globalization;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Benchmarks.Trees;

/// <summary>
/// <c>trees-tables FOLDER LEARNER [TABLES] [NAME=VALUE ...]</c>: fits <c>NAME.train.csv</c>, scores <c>NAME.test.csv</c>.
/// Boosting stops early on a fifth of the training rows, then is refitted on all of them with the rounds found.
/// </summary>
internal static class TreesTables
{
    private static readonly (string Name, string Label, TaskKind Kind)[] Tables =
    [
        ("titanic", "survived", TaskKind.Binary), ("credit_data", "Status", TaskKind.Binary), ("mlc_churn", "churn", TaskKind.Binary),
        ("spambase", "type", TaskKind.Binary), ("lending_club", "Class", TaskKind.Binary), ("adult", "income", TaskKind.Binary),
        ("penguins", "species", TaskKind.Multiclass), ("vehicle", "Class", TaskKind.Multiclass), ("satellite", "classes", TaskKind.Multiclass),
        ("income", "INCOME", TaskKind.Multiclass), ("letter", "lettr", TaskKind.Multiclass),
        ("concrete", "compressive_strength", TaskKind.Regression), ("ames", "Sale_Price", TaskKind.Regression),
        ("wine_reviews", "points", TaskKind.Regression), ("bike_hour", "cnt", TaskKind.Regression),
        ("california_housing", "median_house_value", TaskKind.Regression), ("diamonds", "price", TaskKind.Regression),
        ("taxi_fare", "fare_amount", TaskKind.Regression), ("flights500k_late", "late", TaskKind.Binary),
    ];

    public static void Run(string[] args)
    {
        var folder = args[0];
        var learner = new ILearner[] { new GbdtLearner(), ForestLearner.RandomForest(), ForestLearner.ExtraTrees() }.First(l => l.Info.Id == args[1]);
        var named = args.Length > 2 && !args[2].Contains('=') && args[2] != "all" ? args[2].Split(',') : null;
        var parameters = args.Skip(2).Where(a => a.Contains('=')).Select(a => a.Split('='))
            .Aggregate(ParameterSet.Empty, (set, p) => set.With(p[0], double.Parse(p[1], CultureInfo.InvariantCulture)));
        var seed = (int)parameters.Values.Where(p => p.Key == "seed").Select(p => (double)p.Value).DefaultIfEmpty(1).First();
        foreach (var (name, label, kind) in Tables)
        {
            if (named is not null && !named.Contains(name))
                continue;
            var (train, test) = CsvTable.Read(Path.Combine(folder, $"{name}.train.csv"), Path.Combine(folder, $"{name}.test.csv"), label, kind);
            var timer = new CpuTimer();
            var context = FitContext.Create(seed, Environment.ProcessorCount);
            var chosen = parameters;
            if (learner.Info.UsesValidation && !parameters.Has("rounds"))
            {
                var (part, validation) = Split(train, seed);
                chosen = learner.Fit(part with { Validation = validation }, parameters, context).RefitParameters;
            }

            var model = learner.Fit(train, chosen, context).Model;
            var seconds = timer.CpuSeconds;
            var scores = new float[test.RowCount * model.OutputWidth];
            model.Predict(test.Features, scores);
            var labels = test.Labels.Span;
            var result = kind switch
            {
                TaskKind.Regression => $"rmse {Measures.Rmse(scores, labels):F4}",
                TaskKind.Binary => $"auc {Measures.Auc(scores, labels):F5} logloss {Measures.LogLoss(scores, 1, labels):F5}",
                _ => $"logloss {Measures.LogLoss(scores, model.OutputWidth, labels):F5} accuracy {Measures.Accuracy(scores, model.OutputWidth, labels):F5}",
            };
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-20} {result,-40} cpu {seconds:F2} s, rounds {chosen}"));
        }
    }

    private static (TrainingSet Part, TrainingSet Validation) Split(TrainingSet data, int seed)
    {
        var random = new Random(seed);
        var order = Enumerable.Range(0, data.RowCount).ToArray();
        random.Shuffle(order);
        var cut = data.RowCount / 5;
        return (Take(data, order[cut..].Order().ToArray()), Take(data, order[..cut].Order().ToArray()));
    }

    private static TrainingSet Take(TrainingSet data, int[] rows) => data with
    {
        Features = data.Features.Take(rows),
        Labels = Array.ConvertAll(rows, r => data.Labels.Span[r]),
    };
}
