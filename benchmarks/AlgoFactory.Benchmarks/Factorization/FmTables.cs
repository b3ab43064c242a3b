using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.TestKit;

namespace AlgoFactory.Benchmarks.Factorization;

/// <summary>
/// <c>fm-tables FOLDER|clicks [LEARNERS] [NAME=VALUE ...]</c>: logistic regression on one-hot levels and bins against
/// factorization machines, on a generated log of clicks or on <c>adult</c> of a folder. Machines have the best of their
/// defaults and portfolio on a fifth of the training rows, where each stops early, and are refitted on all rows with the
/// epochs found; logistic regression has the best of five penalties on the same fifth, and the same bins.
/// </summary>
internal static class FmTables
{
    /// <summary>The machines' default on these numbers of rows.</summary>
    private const int Bins = 128;

    private static readonly double[] Penalties = [0.1, 1, 3, 10, 30];

    public static void Run(string[] args)
    {
        var (train, test) = args[0] == "clicks" ? Clicks(args) : CsvTable.Read(
            Path.Combine(args[0], "adult.train.csv"), Path.Combine(args[0], "adult.test.csv"), "income", TaskKind.Binary);
        var learners = args.Length > 1 && !args[1].Contains('=') ? args[1].Split(',') : ["linear", "fm", "ffm"];
        var parameters = args.Skip(1).Where(a => a.Contains('=')).Select(a => a.Split('=')).Where(p => p[0] is not ("rows" or "levels" or "fields"))
            .Aggregate(ParameterSet.Empty, (set, p) => double.TryParse(p[1], CultureInfo.InvariantCulture, out var number) ? set.With(p[0], number) : set.With(p[0], p[1]));
        foreach (var id in learners)
        {
            var (a, b) = id == "linear" ? OneHotRows.Of(train, test, bins: Bins) : (train, test);
            var (part, validation) = Split(a);
            var context = FitContext.Create(1, Environment.ProcessorCount);
            var learner = BuiltIn.Catalog[id];
            var timer = new CpuTimer();
            var chosen = id == "linear"
                ? Penalties.Select(p => ParameterSet.Empty.With("alpha", p)).MinBy(p => LogLoss(learner.Fit(part, p, context).Model, validation))!
                : Settings(learner, part, parameters).Select(p => learner.Fit(part with { Validation = validation }, p, context))
                    .MinBy(fitted => LogLoss(fitted.Model, validation))!.RefitParameters;
            var model = learner.Fit(a, chosen, context).Model;
            var seconds = timer.CpuSeconds;
            var scores = Scores(model, b);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{id,-8} auc {Measures.Auc(scores, b.Labels.Span):F4} logloss {Measures.LogLoss(scores, 1, b.Labels.Span):F4} cpu {seconds:F1} s, {chosen}"));
        }
    }

    /// <summary>What the command names, else what a sweep tries first.</summary>
    private static IEnumerable<ParameterSet> Settings(ILearner learner, TrainingSet part, ParameterSet given) =>
        given.Values.Any() ? [given] : [given, .. learner.Space(new DatasetProfile(part.RowCount, []), part.Task).Portfolio];

    private static (TrainingSet Train, TrainingSet Test) Clicks(string[] args)
    {
        int Given(string name, int other) => args.Where(a => a.StartsWith(name + "=", StringComparison.Ordinal)).Select(a => int.Parse(a.Split('=')[1], CultureInfo.InvariantCulture)).FirstOrDefault(other);
        var (rows, fields, levels) = (Given("rows", 100_000), Given("fields", 4), Given("levels", 1000));
        var table = ClickTable.Create(rows, fields, levels);
        var later = ClickTable.Create(20_000, fields, levels, rowSeed: 2);
        var (pipeline, features) = FeaturePipeline.FitTransform(table.Input, table.Schema, FeatureNeeds.Fields, FitContext.Create(1));
        var train = new TrainingSet { Task = table.Task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = table.Labels };
        return (train, train with { Features = pipeline.Transform(later.Frame), Labels = later.Labels });
    }

    private static (TrainingSet Part, TrainingSet Validation) Split(TrainingSet data)
    {
        var order = Enumerable.Range(0, data.RowCount).ToArray();
        new Random(1).Shuffle(order);
        var cut = data.RowCount / 5;
        return (Take(data, order[cut..]), Take(data, order[..cut]));
    }

    private static TrainingSet Take(TrainingSet data, int[] rows) =>
        data with { Features = data.Features.Take(rows), Labels = Array.ConvertAll(rows, r => data.Labels.Span[r]) };

    private static double LogLoss(IModel model, TrainingSet data) => Measures.LogLoss(Scores(model, data), 1, data.Labels.Span);

    private static float[] Scores(IModel model, TrainingSet data)
    {
        var scores = new float[data.RowCount];
        model.Predict(data.Features, scores);
        return scores;
    }
}
