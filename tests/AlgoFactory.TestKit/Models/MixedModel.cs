using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.TestKit.Models;

/// <summary>
/// Boosted trees on 15 mixed columns (nine numbers, four categories of 5 to 200 levels, a truth value, a date): what serving is
/// measured on, and what its budgets of memory are tested on.
/// </summary>
public static class MixedModel
{
    private static readonly ImmutableArray<string>[] Levels =
        [.. new[] { 5, 12, 30, 200 }.Select((count, c) => Enumerable.Range(0, count).Select(i => $"level {c}-{i}").ToImmutableArray())];

    /// <summary>The columns and the label.</summary>
    public static Schema Schema { get; } = new(
        [
            .. Enumerable.Range(0, 9).Select(i => new ColumnSpec($"amount{i}", ColumnKind.Numeric, ColumnRole.Feature, 1, "made up")),
            .. Levels.Select((levels, c) => new ColumnSpec($"kind{c}", ColumnKind.Categorical, ColumnRole.Feature, 1, "made up") { Levels = levels }),
            new("member", ColumnKind.Boolean, ColumnRole.Feature, 1, "made up") { Levels = ["false", "true"] },
            new("joined", ColumnKind.DateTime, ColumnRole.Feature, 1, "made up"),
            new("outcome", ColumnKind.Categorical, ColumnRole.Label, 1, "made up") { Levels = ["no", "yes"] },
        ],
        "outcome");

    /// <summary>A row's values by column: numbers, texts, a truth value.</summary>
    public static Dictionary<string, object> Row(Random random)
    {
        var row = new Dictionary<string, object>();
        for (var i = 0; i < 9; i++)
            row[$"amount{i}"] = Math.Round(random.NextDouble() * 1000, 2);
        for (var c = 0; c < Levels.Length; c++)
            row[$"kind{c}"] = Levels[c][random.Next(Levels[c].Length)];
        row["member"] = random.Next(2) == 1;
        row["joined"] = DateTime.UnixEpoch.AddDays(random.Next(10_000, 20_000)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return row;
    }

    /// <summary>Fits a model of that many trees on that many generated rows.</summary>
    public static ModelFile Fit(int trees, int rows, int seed = 1)
    {
        var random = new Random(seed);
        var columns = Schema.Features.ToImmutableArray();
        var builder = new FrameBuilder(columns);
        var labels = new float[rows];
        for (var r = 0; r < rows; r++)
        {
            var row = Row(random);
            for (var c = 0; c < columns.Length; c++)
                builder.SetText(c, Convert.ToString(row[columns[c].Name], CultureInfo.InvariantCulture)!);
            builder.EndRow();
            var signal = (double)row["amount0"] / 200 + Math.Sin((double)row["amount1"] / 90) + Levels[1].IndexOf((string)row["kind1"]) % 3
                + Levels[3].IndexOf((string)row["kind3"]) % 7 / 3.0 + ((bool)row["member"] ? 0.5 : 0);
            labels[r] = signal + 2 * random.NextDouble() > 6 ? 1 : 0;
        }

        var frame = builder.Build();
        var task = new TaskSpec(TaskKind.Binary, "outcome", ["no", "yes"]);
        var learner = BuiltIn.Catalog["gbdt"];
        var parameters = ParameterSet.Empty.With("rounds", trees).With("num_leaves", 31);
        var context = FitContext.Create(seed);
        var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, labels, default), Schema, learner.Info.Needs, context);
        var fit = learner.Fit(
            new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels }, parameters, context);
        return new ModelFile(
            new Predictor(Schema, task, [new EnsembleMember("gbdt", fit.RefitParameters, pipeline, fit.Model, 1)], new PostProcessing()),
            new TrainingLineage
            {
                CreatedAt = DateTimeOffset.UnixEpoch,
                ProgramVersion = "0.1.0",
                DataName = "made up",
                Rows = rows,
                Seed = seed,
                Trials = 1,
                Validation = "none",
                Metric = "auc",
            },
            ImmutableSortedDictionary<string, double>.Empty, new DatasetProfile(rows, []), [], []);
    }
}
