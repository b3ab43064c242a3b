using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.TestKit;

/// <summary>A made-up table with a column of every kind and a label that depends on some of them.</summary>
public sealed record SyntheticTable(Frame Frame, Schema Schema, TaskSpec Task, float[] Labels)
{
    private static readonly string[] Words = ["good", "bad", "fine", "slow", "red", "green", "late", "early", "cheap", "loud", "calm", "new"];

    /// <summary>The tasks of tables; recommenders have their own.</summary>
    public static ImmutableArray<TaskKind> Kinds { get; } = [TaskKind.Binary, TaskKind.Multiclass, TaskKind.Regression];

    /// <summary>What a featurizer is given.</summary>
    public FeaturizerInput Input => new(Frame, Task, Labels, default);

    /// <summary>Makes a table; the same arguments give the same table.</summary>
    public static SyntheticTable Create(TaskKind kind, int rows, int seed = 1)
    {
        if (kind is TaskKind.Rating or TaskKind.Ranking)
            return Interactions(kind, rows, seed);
        var random = new Random(seed);
        var (number, gap, tail, flag, date) = (new double[rows], new double[rows], new double[rows], new double[rows], new double[rows]);
        var (colour, city) = (new int[rows], new int[rows]);
        var (text, constant, id) = (new string?[rows], new string?[rows], new string?[rows]);
        var labels = new float[rows];
        for (var row = 0; row < rows; row++)
        {
            number[row] = random.NextDouble() * 10 - 5;
            gap[row] = random.Next(4) == 0 ? double.NaN : random.NextDouble();
            tail[row] = Math.Exp(random.NextDouble() * 12);
            flag[row] = random.Next(8) == 0 ? double.NaN : random.Next(2);
            date[row] = random.Next(10) == 0 ? double.NaN : 1_600_000_000 + random.Next(100_000_000);
            colour[row] = random.Next(9) == 0 ? CategoryColumn.Missing : random.Next(4);
            city[row] = random.Next(400);
            text[row] = random.Next(12) == 0 ? null : string.Join(' ', Enumerable.Range(0, 6).Select(_ => Words[random.Next(Words.Length)]));
            constant[row] = "same";
            id[row] = $"row {row}";
            var signal = number[row] + (colour[row] == 2 ? 3 : 0) + (city[row] % 2 * 2) + (text[row]?.Contains("good", StringComparison.Ordinal) == true ? 2 : 0) + random.NextDouble() - 2;
            labels[row] = kind switch
            {
                TaskKind.Regression => (float)signal,
                TaskKind.Binary => signal > 0 ? 1 : 0,
                _ => signal < -2 ? 0 : signal < 2 ? 1 : 2,
            };
        }

        ImmutableArray<string> colours = ["red", "green", "blue", "black"];
        ImmutableArray<string> cities = [.. Enumerable.Range(0, 400).Select(i => $"city {i}")];
        ImmutableArray<string> classes = kind switch { TaskKind.Regression => [], TaskKind.Binary => ["no", "yes"], _ => ["low", "middle", "high"] };
        Column target = kind == TaskKind.Regression
            ? new NumericColumn("label", Array.ConvertAll(labels, l => (double)l))
            : new CategoryColumn("label", Array.ConvertAll(labels, l => (int)l), classes);
        var frame = new Frame(rows,
        [
            new NumericColumn("number", number), new NumericColumn("gap", gap), new NumericColumn("tail", tail), new NumericColumn("flag", flag),
            new CategoryColumn("colour", colour, colours), new CategoryColumn("city", city, cities), new NumericColumn("date", date),
            new TextColumn("text", text), new TextColumn("constant", constant), new TextColumn("id", id), target,
        ]);
        var schema = new Schema(
        [
            Spec("number", ColumnKind.Numeric), Spec("gap", ColumnKind.Numeric), Spec("tail", ColumnKind.Numeric), Spec("flag", ColumnKind.Boolean),
            Spec("colour", ColumnKind.Categorical) with { Levels = colours }, Spec("city", ColumnKind.Categorical) with { Levels = cities },
            Spec("date", ColumnKind.DateTime), Spec("text", ColumnKind.Text), Spec("constant", ColumnKind.Constant), Spec("id", ColumnKind.Identifier),
            Spec("label", kind == TaskKind.Regression ? ColumnKind.Numeric : ColumnKind.Categorical) with { Role = ColumnRole.Label, Levels = classes },
        ], "label");
        return new SyntheticTable(frame, schema, new TaskSpec(kind, "label", classes), labels);
    }

    /// <summary>Users of three tastes and items of three kinds; a user rates, and mostly takes, what is of its taste.</summary>
    private static SyntheticTable Interactions(TaskKind kind, int rows, int seed)
    {
        const int users = 40, items = 30, kinds = 3;
        var random = new Random(seed);
        var (user, item, rating) = (new int[rows], new int[rows], new double[rows]);
        for (var row = 0; row < rows; row++)
        {
            user[row] = random.Next(users);
            item[row] = random.Next(4) > 0 ? random.Next(items / kinds) * kinds + user[row] % kinds : random.Next(items);
            rating[row] = 3 + (item[row] % kinds == user[row] % kinds ? 1.5 : -1.5) + 0.2 * (user[row] % 5) + 0.4 * random.NextDouble();
        }

        ImmutableArray<string> userLevels = [.. Enumerable.Range(0, users).Select(u => $"user {u}")];
        ImmutableArray<string> itemLevels = [.. Enumerable.Range(0, items).Select(i => $"item {i}")];
        var frame = new Frame(rows,
            [new CategoryColumn("user", user, userLevels), new CategoryColumn("item", item, itemLevels), new NumericColumn("rating", rating)]);
        var schema = new Schema(
        [
            Spec("user", ColumnKind.Categorical) with { Levels = userLevels }, Spec("item", ColumnKind.Categorical) with { Levels = itemLevels },
            Spec("rating", ColumnKind.Numeric) with { Role = kind == TaskKind.Rating ? ColumnRole.Label : ColumnRole.Ignore },
        ], kind == TaskKind.Rating ? "rating" : null);
        var task = new TaskSpec(kind, kind == TaskKind.Rating ? "rating" : "item", []) { Columns = new RecommendColumns("user", "item") };
        return new SyntheticTable(frame, schema, task, kind == TaskKind.Rating ? Array.ConvertAll(rating, r => (float)r) : Array.ConvertAll(user, u => (float)u));
    }

    /// <summary>The features that a learner is given, and its training set.</summary>
    public (FeaturePipeline Pipeline, TrainingSet Data) TrainingSet(FeatureNeeds needs)
    {
        var (pipeline, features) = FeaturePipeline.FitTransform(Input, Schema, needs, FitContext.Create(1));
        return (pipeline, new TrainingSet { Task = Task, FeatureInfos = pipeline.DenseFeatures, Features = features, Labels = Labels });
    }

    private static ColumnSpec Spec(string name, ColumnKind kind) => new(name, kind, ColumnRole.Feature, 1, "made up");
}
