using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Benchmarks.Factorization;

/// <summary>Files of ratings (movielens' columns) as recommenders' training sets.</summary>
internal sealed record Ratings(int[] Users, int[] Items, float[] Values, double[] Times, ImmutableArray<string> UserLevels, ImmutableArray<string> ItemLevels)
{
    /// <summary>Reads files one after the other.</summary>
    public static Ratings Read(params string[] files)
    {
        var (users, items) = (new Dictionary<string, int>(), new Dictionary<string, int>());
        var (u, i, v, t) = (new List<int>(), new List<int>(), new List<float>(), new List<double>());
        foreach (var file in files)
        {
            using var source = DataSource.Open(file);
            var frame = source.Load(new Schema(
            [
                Spec("userId", ColumnKind.Categorical), Spec("movieId", ColumnKind.Categorical), Spec("rating", ColumnKind.Numeric),
                Spec("timestamp", ColumnKind.Numeric),
            ], null)).Frame;
            var (userColumn, itemColumn) = ((CategoryColumn)frame["userId"], (CategoryColumn)frame["movieId"]);
            var (values, times) = ((NumericColumn)frame["rating"], (NumericColumn)frame["timestamp"]);
            for (var row = 0; row < frame.RowCount; row++)
            {
                u.Add(Number(users, userColumn.Levels[userColumn.Codes[row]]));
                i.Add(Number(items, itemColumn.Levels[itemColumn.Codes[row]]));
                v.Add((float)values.Values[row]);
                t.Add(times.Values[row]);
            }
        }

        return new Ratings([.. u], [.. i], [.. v], [.. t], [.. users.OrderBy(p => p.Value).Select(p => p.Key)], [.. items.OrderBy(p => p.Value).Select(p => p.Key)]);
    }

    /// <summary>Fits the codes to some rows and makes two parts' sets.</summary>
    public (TrainingSet Train, TrainingSet Test) Sets(int[] train, int[] test, TaskKind kind)
    {
        var task = new TaskSpec(kind, "rating", []) { Columns = new RecommendColumns("user", "item") };
        var schema = new Schema([Spec("user", ColumnKind.Categorical), Spec("item", ColumnKind.Categorical)], null);
        var (pipeline, features) = FeaturePipeline.FitTransform(
            new FeaturizerInput(Rows(train), task, default, default), schema, FeatureNeeds.Interactions, FitContext.Create(1));
        return (Set(features, train), Set(pipeline.Transform(Rows(test)), test));

        TrainingSet Set(FeatureBatch batch, int[] rows) => new()
        {
            Task = task,
            FeatureInfos = pipeline.DenseFeatures,
            Features = batch,
            Labels = Array.ConvertAll(rows, r => kind == TaskKind.Ranking ? Users[r] : Values[r]),
        };
    }

    private Frame Rows(int[] rows) => new(rows.Length,
    [
        new CategoryColumn("user", Array.ConvertAll(rows, r => Users[r]), UserLevels),
        new CategoryColumn("item", Array.ConvertAll(rows, r => Items[r]), ItemLevels),
    ]);

    private static int Number(Dictionary<string, int> numbers, string level)
    {
        if (!numbers.TryGetValue(level, out var number))
            numbers.Add(level, number = numbers.Count);
        return number;
    }

    private static ColumnSpec Spec(string name, ColumnKind kind) => new(name, kind, ColumnRole.Feature, 1, "given");
}
