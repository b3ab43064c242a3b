using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.TestKit.Models;

/// <summary>Small real recommenders of the users and items of <see cref="SyntheticTable"/>, for tests of what is done with them.</summary>
public static class TinyRecommenders
{
    // Every learner passes over the names it does not know.
    private static readonly ParameterSet Small = ParameterSet.Empty.With("factors", 8).With("hidden", 16).With("epochs", 6).With("neighbors", 8);

    /// <summary>Fits a model of these learners, weighted equally, on 400 generated interactions.</summary>
    public static ModelFile Fit(TaskKind kind = TaskKind.Ranking, int seed = 1, params ReadOnlySpan<string> learners)
    {
        var table = WithKinds(SyntheticTable.Create(kind, 400, seed));
        var (pipeline, data) = table.TrainingSet(FeatureNeeds.Interactions);
        var ids = learners.IsEmpty ? ["mf"] : learners;
        var members = ImmutableArray.CreateBuilder<EnsembleMember>();
        foreach (var id in ids)
        {
            var fit = BuiltIn.Catalog[id].Fit(data, Small, FitContext.Create(seed));
            members.Add(new EnsembleMember(id, fit.RefitParameters, pipeline, fit.Model, 1.0 / ids.Length));
        }

        var metric = kind == TaskKind.Rating ? "rmse" : "ndcg@10";
        return new ModelFile(
            new Predictor(table.Schema, table.Task, members.ToImmutable(), new PostProcessing()),
            new TrainingLineage
            {
                CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
                ProgramVersion = "0.1.0",
                DataName = "interactions.csv",
                Rows = 400,
                Seed = seed,
                Trials = ids.Length,
                Validation = "holdout 20 % of each user",
                Metric = metric,
                Leaderboard = [new LeaderboardEntry { Rank = 1, Trial = 1, Learner = ids[0], Score = 0.5, FoldScores = [0.5], Parameters = ImmutableSortedDictionary<string, object>.Empty }],
            },
            ImmutableSortedDictionary<string, double>.Empty.Add(metric, 0.5),
            new DatasetProfile(400, [.. table.Schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, 400, 0, 30))]),
            [],
            Pairs(3, seed));
    }

    /// <summary>Adds a feature of the items: what taste they are of.</summary>
    private static SyntheticTable WithKinds(SyntheticTable table)
    {
        var kinds = Array.ConvertAll(((CategoryColumn)table.Frame["item"]).Codes.ToArray(), item => item % 3);
        ImmutableArray<string> levels = ["kind 0", "kind 1", "kind 2"];
        return table with
        {
            Frame = new Frame(table.Frame.RowCount, [.. table.Frame.Columns, new CategoryColumn("kind", kinds, levels)]),
            Schema = new Schema(
                [.. table.Schema.Columns, new ColumnSpec("kind", ColumnKind.Categorical, ColumnRole.Feature, 1, "Chosen.") { Levels = levels }], table.Schema.Target),
            Task = table.Task with { Columns = table.Task.Columns! with { ItemFeatures = ["kind"] } },
        };
    }

    /// <summary>Pairs to predict as texts by column; every sixth has a user, or an item, that no model knows.</summary>
    public static ImmutableArray<ImmutableDictionary<string, string>> Pairs(int rows, int seed) =>
    [
        .. Enumerable.Range(seed, rows).Select(i => ImmutableDictionary<string, string>.Empty
            .Add("kind", $"kind {i % 3}").Add("user", i % 6 == 5 ? "nobody" : $"user {7 * i % 40}").Add("item", i % 6 == 4 ? "nothing" : $"item {11 * i % 30}")),
    ];
}
