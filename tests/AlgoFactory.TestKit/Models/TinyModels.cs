using System.Collections.Immutable;
using System.Globalization;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Calibration;
using AlgoFactory.Learning.Conformal;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.TestKit.Models;

/// <summary>
/// Small real models, fitted in milliseconds on generated rows of every column kind, for tests of what is done with
/// models: saving, loading, serving.
/// </summary>
public static class TinyModels
{
    private static readonly string[] Cities = ["Paris", "Wien", "1", "Köln, Süd"];
    private static readonly string[] Words = ["late", "early", "cheap", "good", "bad", "slow"];

    // Every learner passes over the names it does not know.
    private static readonly ParameterSet Small = ParameterSet.Empty.With("rounds", 8).With("trees", 5).With("width", 16)
        // Statistics of the few cities, too: what a learner can write stands in the files that are tested.
        .With("one_hot_max_size", 1);

    /// <summary>A schema with a column of every kind and role.</summary>
    public static Schema Schema(TaskKind kind) => new(
        [
            new("id", ColumnKind.Identifier, ColumnRole.Ignore, 1, "Every value is different."),
            new("age", ColumnKind.Numeric, ColumnRole.Feature, 1, "All values are numbers."),
            new("income", ColumnKind.Numeric, ColumnRole.Feature, 1, "All values are numbers."),
            new("city", ColumnKind.Categorical, ColumnRole.Feature, 1, "Few different values.") { Levels = [.. Cities] },
            new("member", ColumnKind.Boolean, ColumnRole.Feature, 1, "Two values.") { Levels = ["no", "yes"] },
            new("joined", ColumnKind.DateTime, ColumnRole.Feature, 1, "All values are dates."),
            new("note", ColumnKind.Text, ColumnRole.Feature, 0.9, "Many words."),
            new("weight", ColumnKind.Numeric, ColumnRole.Weight, 1, "Chosen."),
            new("household", ColumnKind.Categorical, ColumnRole.Group, 1, "Chosen."),
            new("outcome", kind == TaskKind.Regression ? ColumnKind.Numeric : ColumnKind.Categorical, ColumnRole.Label, 1, "Chosen."),
        ],
        "outcome");

    /// <summary>The task with its classes.</summary>
    public static TaskSpec Task(TaskKind kind) => new(kind, "outcome", kind switch
    {
        TaskKind.Binary => ["no", "yes"],
        TaskKind.Multiclass => ["low", "mid", "high"],
        _ => [],
    });

    /// <summary>Rows as texts by column, some of them missing: what a CSV of the schema's features would hold.</summary>
    public static ImmutableArray<ImmutableDictionary<string, string>> Texts(int rows, int seed)
    {
        var random = new Sequence((ulong)seed);
        var made = ImmutableArray.CreateBuilder<ImmutableDictionary<string, string>>();
        for (var i = 0; i < rows; i++)
        {
            var row = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
            row["age"] = random.Chance(0.1) ? "" : random.Next(18, 90).ToString(CultureInfo.InvariantCulture);
            row["income"] = random.Chance(0.1) ? "NA" : (random.Next(1000, 900000) / 7.0).ToString("R", CultureInfo.InvariantCulture);
            row["city"] = random.Chance(0.05) ? "" : Cities[random.Next(0, Cities.Length)];
            row["member"] = random.Chance(0.5) ? "yes" : "no";
            row["joined"] = DateTime.UnixEpoch.AddDays(random.Next(8000, 20000)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            row["note"] = string.Join(' ', Enumerable.Range(0, random.Next(1, 6)).Select(_ => Words[random.Next(0, Words.Length)]));
            made.Add(row.ToImmutable());
        }

        return made.ToImmutable();
    }

    /// <summary>Binds texts to a schema's features, as reading a CSV does.</summary>
    public static Frame Bind(Schema schema, IEnumerable<ImmutableDictionary<string, string>> rows)
    {
        var columns = schema.Features.ToImmutableArray();
        var builder = new FrameBuilder(columns);
        foreach (var row in rows)
        {
            for (var c = 0; c < columns.Length; c++)
                if (row.TryGetValue(columns[c].Name, out var text))
                    builder.SetText(c, text);
            builder.EndRow();
        }

        return builder.Build();
    }

    /// <summary>The model of <see cref="Fit"/> with calibration, intervals or sets, and a threshold that was chosen.</summary>
    public static ModelFile Trusted(TaskKind kind)
    {
        var model = Fit(kind);
        var task = model.Predictor.Task;
        var random = new Sequence(5);
        var scores = Enumerable.Range(0, 60 * task.OutputWidth).Select(_ => (float)random.NextDouble()).ToArray();
        var labels = Enumerable.Range(0, 60).Select(i => (float)(i % Math.Max(1, task.Classes.Length))).ToArray();
        var map = new MarginMap([-1.5, 0.25], [-1, 0.75], 1.25);
        var post = task.Kind == TaskKind.Regression
            ? new PostProcessing { Intervals = ConformalIntervals.Fit(scores, labels) }
            : new PostProcessing(0.4)
            {
                ThresholdRule = task.Kind == TaskKind.Binary ? "cost:fp=1,fn=5" : null,
                Calibration = task.Kind == TaskKind.Binary
                    ? new ScoreCalibration(ScoreCalibration.Isotonic, [map])
                    : new ScoreCalibration(ScoreCalibration.Temperature, [], 0.75),
                Sets = ConformalSets.Fit(task, scores, labels),
            };
        return model with { Predictor = new Predictor(model.Predictor.Schema, task, model.Predictor.Members, post) };
    }

    /// <summary>Fits a model of these learners, weighted equally, on 200 generated rows.</summary>
    public static ModelFile Fit(TaskKind kind = TaskKind.Binary, int seed = 1, params ReadOnlySpan<string> learners)
    {
        var schema = Schema(kind);
        var task = Task(kind);
        var texts = Texts(200, seed);
        var frame = Bind(schema, texts);
        var labels = Labels(frame, task, seed);
        var ids = learners.IsEmpty ? ["linear"] : learners;
        var members = ImmutableArray.CreateBuilder<EnsembleMember>();
        foreach (var id in ids)
        {
            var learner = BuiltIn.Catalog[id];
            var context = FitContext.Create(seed);
            var (pipeline, features) = FeaturePipeline.FitTransform(new FeaturizerInput(frame, task, labels, default), schema, learner.Info.Needs, context);
            var data = new TrainingSet { Task = task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = labels };
            var fit = learner.Fit(data, Small, context);
            members.Add(new EnsembleMember(id, fit.RefitParameters, pipeline, fit.Model, 1.0 / ids.Length));
        }

        return new ModelFile(
            new Predictor(schema, task, members.ToImmutable(), new PostProcessing(0.4)),
            new TrainingLineage
            {
                CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                ProgramVersion = "0.1.0",
                DataName = "people.csv",
                Rows = 200,
                Seed = seed,
                Trials = ids.Length,
                Validation = "5-fold",
                Metric = "auc",
                Leaderboard = [new LeaderboardEntry { Rank = 1, Trial = 1, Learner = ids[0], Score = 0.75, FoldScores = [0.7, 0.8], Parameters = ImmutableSortedDictionary<string, object>.Empty.Add("depth", 6.0).Add("kind", "plain") }],
                Warnings = ["The data is generated."],
            },
            ImmutableSortedDictionary<string, double>.Empty.Add("auc", 0.75).Add("logloss", 0.5),
            new DatasetProfile(200, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, 200, 0, 10) { Mean = 1.5, Quantiles = [0, 1, 2] })]),
            [new ColumnImportance("age", 0.75), new ColumnImportance("income", 0.25)],
            Texts(3, seed + 1000))
        {
            Curves = new ValidationCurves { Roc = [new CurvePoint(0, 0), new CurvePoint(1, 1)], Confusion = [[3, 1], [0, 4]] },
        };
    }

    internal static float[] Labels(Frame frame, TaskSpec task, int seed)
    {
        var random = new Sequence((ulong)seed + 77);
        var ages = ((NumericColumn)frame["age"]).Values;
        var cities = ((CategoryColumn)frame["city"]).Codes;
        var labels = new float[frame.RowCount];
        for (var i = 0; i < labels.Length; i++)
        {
            var score = (double.IsNaN(ages[i]) ? 40 : ages[i]) + 20 * random.NextDouble() + (cities[i] == 1 ? 25 : 0);
            labels[i] = task.Kind switch
            {
                TaskKind.Binary => score > 60 ? 1 : 0,
                TaskKind.Multiclass => score > 75 ? 2 : score > 50 ? 1 : 0,
                _ => (float)(score * 3),
            };
        }

        return labels;
    }
}
