using System.Globalization;
using AlgoFactory.Benchmarks.Trees;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Benchmarks.Learners;

/// <summary>
/// <c>learner-tables FOLDER LEARNER,... NAME:LABEL:TASK,... [without=WORD] [NAME=VALUE ...]</c>: learners on tables as a sweep reads them,
/// each with its own features and one setting. One that stops early does so on a fifth of the training rows and is then refitted on all.
/// <c>without</c> leaves out dense features whose name has that word, to see what they are worth.
/// </summary>
internal static class LearnerTables
{
    public static void Run(string[] args)
    {
        var without = args.Skip(3).Where(a => a.StartsWith("without=", StringComparison.Ordinal)).Select(a => a["without=".Length..]).FirstOrDefault();
        var parameters = TreesTables.Parse(args.Skip(3).Where(a => !a.StartsWith("without=", StringComparison.Ordinal)));
        foreach (var table in args[2].Split(',').Select(t => t.Split(':')))
            foreach (var id in args[1].Split(','))
            {
                var learner = BuiltIn.Catalog[id];
                var timer = new CpuTimer();
                var (train, test) = Read(args[0], table[0], table[1], table[2], learner.Info.Needs);
                if (without is not null)
                    (train, test) = (Without(train, without), Without(test, without));
                var reading = timer.CpuSeconds;
                var context = FitContext.Create(1, Environment.ProcessorCount);
                var chosen = parameters;
                if (learner.Info.UsesValidation)
                {
                    var (part, validation) = TreesTables.Split(train, 1);
                    chosen = learner.Fit(part with { Validation = validation, StoppingMetric = MetricCatalog.Default(train.Task.Kind) }, parameters, context).RefitParameters;
                }

                var model = learner.Fit(train, chosen, context).Model;
                var fitting = timer.CpuSeconds - reading;
                var scores = new float[test.RowCount * model.OutputWidth];
                model.Predict(test.Features, scores);
                var metrics = (train.Task.Kind == TaskKind.Regression ? ["rmse", "mae"] : new[] { "auc", "logloss", "accuracy" })
                    .Where(m => m != "auc" || train.Task.Kind == TaskKind.Binary)
                    .Select(m => string.Create(CultureInfo.InvariantCulture, $"{m} {MetricCatalog.Find(m, train.Task.Kind).Compute(scores, model.OutputWidth, test.Labels.Span, []):F5}"));
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{table[0],-20} {id,-20} {string.Join("  ", metrics)}  {train.Features.DenseWidth} + {train.Features.Width - train.Features.DenseWidth} features in {reading:F1} s, fits {fitting:F1} s, scoring {timer.CpuSeconds - reading - fitting:F1} s (CPU)  {chosen}"));
            }
    }

    private static (TrainingSet Train, TrainingSet Test) Read(string folder, string name, string label, string task, FeatureNeeds needs)
    {
        var request = new TrainRequest
        {
            File = Path.Combine(folder, $"{name}.train.csv"),
            DataName = name,
            Label = label,
            StartedAt = DateTimeOffset.UtcNow,
            OutputPath = "",
        };
        using var source = DataSource.Open(request.File, request.Read);
        var description = source.Describe(default);
        var schema = SchemaDesign.Decide(description, label, task, [], []).Schema;
        var loaded = TrainingTable.Load(request, source, schema, Enum.Parse<TaskKind>(task, ignoreCase: true), description.Profile, default);
        var data = loaded.Data;
        var input = new FeaturizerInput(data.Train, loaded.Task, data.TrainLabels, data.TrainWeights);
        var (pipeline, features) = FeaturePipeline.FitTransform(input, data.Schema, needs, FitContext.Create(1, Environment.ProcessorCount));
        var train = new TrainingSet { Task = loaded.Task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = data.TrainLabels };
        using var other = DataSource.Open(Path.Combine(folder, $"{name}.test.csv"), request.Read);
        var (frame, labels) = TrainingTable.Labelled(other.Load(data.Schema, default).Frame, loaded.Task, out _, out _);
        return (train, train with { Features = pipeline.Transform(frame), Labels = labels });
    }

    private static TrainingSet Without(TrainingSet data, string word)
    {
        int[] kept = [.. Enumerable.Range(0, data.FeatureInfos.Length).Where(f => !data.FeatureInfos[f].Name.Contains(word, StringComparison.Ordinal))];
        var dense = new float[data.RowCount * kept.Length];
        for (var row = 0; row < data.RowCount; row++)
            for (var f = 0; f < kept.Length; f++)
                dense[row * kept.Length + f] = data.Features.Row(row)[kept[f]];
        return data with { FeatureInfos = [.. kept.Select(f => data.FeatureInfos[f])], Features = new FeatureBatch(data.RowCount, kept.Length, dense, data.Features.Sparse) };
    }
}
