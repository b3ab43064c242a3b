using AlgoFactory.Data.Ingest;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Hosting.Prediction;
using AlgoFactory.Hosting.Recommendation;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Hosting.Tests.Training;

public sealed class TrainRecommenderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TrainRequest Request(string? rating, string? time, string split = "auto") => new()
    {
        File = Table(),
        DataName = "table.csv",
        Label = "",
        Task = "recommend",
        Recommend = new RecommendChoice("user", "item", rating, time),
        Split = split,
        Trials = 4,
        StartedAt = DateTimeOffset.UtcNow,
        OutputPath = _folder["model.afm"],
        Threads = 2,
    };

    private static Task<TrainReport> Run(TrainRequest request) =>
        new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(request, null, CancellationToken.None);

    /// <summary>Numbered users of two tastes and numbered items of two kinds; a user mostly takes what it likes.</summary>
    private string Table()
    {
        var random = new Random(1);
        var lines = new HashSet<string>();
        for (var i = 0; i < 1500; i++)
        {
            var (user, item) = (random.Next(50), random.Next(40));
            if (user % 2 == item % 2 || random.Next(4) == 0)
                lines.Add($"{1000 + user},{item},{(user % 2 == item % 2 ? 5 : 2)},{random.Next(1_000_000)},note {i}");
        }

        return _folder.Write("table.csv", $"user,item,stars,when,note\n{string.Join('\n', lines)}\n");
    }

    [Theory]
    [InlineData("stars", null, "auto", "rating", "rmse", "5-fold")]
    [InlineData("stars", "when", "auto", "rating", "rmse", "latest 20 % of each user")]
    [InlineData(null, null, "auto", "ranking", "ndcg@10", "holdout 20 % of each user")]
    [InlineData(null, "when", "leave-one-out", "ranking", "ndcg@10", "leave one out")]
    public async Task Interactions_become_a_model_that_predicts_evaluates_and_recommends(
        string? rating, string? time, string split, string task, string metric, string validation)
    {
        var request = Request(rating, time, split);
        var report = await Run(request);
        report.Task.ShouldBe(task);
        report.Metric.ShouldBe(metric);
        report.Leaderboard.ShouldAllBe(e => e.Error == null);
        report.Leaderboard.Select(e => e.Learner).ShouldContain("popularity");
        report.Best.Learner.ShouldNotBe("popularity");

        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Lineage.Validation.ShouldBe(validation);
        model.Predictor.InputColumns.Select(c => c.Name).ShouldBe(["user", "item"]);
        var measured = EvaluateModel.Run(model, request.File, new ReadOptions(), CancellationToken.None);
        ((double)measured.Metrics["coverage@10"]!).ShouldBeInRange(0.5, 1);
        ((double)measured.Metrics["novelty@10"]!).ShouldBeInRange(0.1, 3);
        ((double)measured.Metrics[metric]!).ShouldBeInRange(0, task == "rating" ? 1 : 0.1); // In a ranking what was trained on is never recommended.
        var recommender = new Recommender(model.Predictor);
        var buffer = new RecommendationBuffer(1, 3);
        TopItems.Find(recommender.Model, [recommender.UserOf("1001")], new ItemFilter(ExcludeSeen: false), buffer);
        // Not all: a ranking may know by heart what the user took against its taste.
        buffer.Items(0).ToArray().Count(i => int.Parse(recommender.ItemNames[i]) % 2 == 1).ShouldBeGreaterThanOrEqualTo(2);
        File.WriteAllText(_folder["pairs.csv"], "user,item\n1001,1\n1001,2\nnobody,1\n");
        var predicted = _folder["predicted.csv"];
        PredictFile.Run(model, _folder["pairs.csv"], new ReadOptions(), predicted, CancellationToken.None).Errors.ShouldBe(0);
        var scores = File.ReadAllLines(predicted).Skip(1).Select(l => double.Parse(l.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        scores.Length.ShouldBe(3);
        scores[0].ShouldBeGreaterThan(scores[1]);

        File.WriteAllText(_folder["users.csv"], "user\n1001\nnobody\n");
        var recommended = RecommendFile.Run(model, _folder["users.csv"], new ReadOptions(), new RecommendLists(4), _folder["top.csv"], CancellationToken.None);
        (recommended.Users, recommended.Unknown).ShouldBe((2, 1));
        var lines = File.ReadAllLines(_folder["top.csv"]);
        lines[0].ShouldBe("user,known,rank,item,score");
        lines.Skip(1).Select(l => string.Join(',', l.Split(',')[..3])).ShouldBe(
            [.. Enumerable.Range(1, 4).Select(r => $"1001,true,{r}"), .. Enumerable.Range(1, 4).Select(r => $"nobody,false,{r}")]);
        var seen = File.ReadAllLines(request.File).Skip(1).Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).Select(l => l.Split(',')[1]);
        lines.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).Select(l => l.Split(',')[3]).ShouldAllBe(i => !seen.Contains(i));

        var everyone = RecommendFile.RunAll(recommender, new RecommendLists(4), _folder["all.csv"], CancellationToken.None);
        (everyone.Users, everyone.Unknown).ShouldBe((50, 0));
        var all = File.ReadAllLines(_folder["all.csv"]);
        all.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).ShouldBe(lines.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)));
        all.Skip(1).Select(l => l.Split(',')[0]).Distinct().Count().ShouldBe(50);
    }

    [Fact]
    public async Task Features_tell_of_cold_items_and_filter_what_is_recommended()
    {
        // Films of the genre "bad" are rated low by all, those of a user's country high; the cold film has no rating in training.
        var random = new Random(3);
        var lines = new HashSet<string>();
        for (var i = 0; i < 1200; i++)
        {
            var (user, item) = (random.Next(40), random.Next(30));
            lines.Add($"u{user},i{item},{(item % 3 == 0 ? 1 : 4) + random.Next(2)},{(item % 3 == 0 ? "bad" : item % 2 == 0 ? "Crime|Drama" : "Drama")},1999");
        }

        var file = _folder.Write("films.csv", $"user,item,stars,genre,year\n{string.Join('\n', lines)}\n");
        var request = Request("stars", null) with { File = file, Recommend = new RecommendChoice("user", "item", "stars", null) { ItemFeatures = ["genre", "year"] } };
        await Run(request);
        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Predictor.InputColumns.Select(c => c.Name).ShouldBe(["user", "item", "genre", "year"]);
        File.WriteAllText(_folder["cold.csv"], "user,item,genre,year\nu1,new,bad,1999\nu1,new,Drama,1999\nu1,new,,\n");
        PredictFile.Run(model, _folder["cold.csv"], new ReadOptions(), _folder["cold.out.csv"], CancellationToken.None).Errors.ShouldBe(0);
        var scores = File.ReadAllLines(_folder["cold.out.csv"]).Skip(1).Select(l => double.Parse(l.Split(',')[0], System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        scores[0].ShouldBeInRange(1, 2.2);
        scores[1].ShouldBeInRange(3.8, 5);
        scores[2].ShouldBeInRange(scores[0] + 0.5, scores[1] - 0.2);

        var recommender = new Recommender(model.Predictor);
        recommender.ItemFeatures.Select(f => f.Name).ShouldBe(["genre", "year"]);
        recommender.ItemFeatures[0].Of(recommender.ItemOf("i2")).ShouldBe("Crime|Drama");
        var where = System.Collections.Immutable.ImmutableSortedDictionary<string, System.Collections.Immutable.ImmutableArray<string>>.Empty.Add("genre", ["Crime"]);
        RecommendFile.RunAll(recommender, new RecommendLists(30, false) { Where = where }, _folder["crime.csv"], CancellationToken.None);
        File.ReadAllLines(_folder["crime.csv"]).Skip(1).Select(l => l.Split(',')[3]).Distinct().Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 30).Where(i => i % 3 != 0 && i % 2 == 0).Select(i => $"i{i}").Order(StringComparer.Ordinal));
        Should.Throw<LearningException>(() => recommender.Where(where.Add("director", ["x"]))).Message.ShouldContain("genre, year");
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_in_a_sentence()
    {
        (await Should.ThrowAsync<UsageException>(() => Run(Request("star", null)))).Message.ShouldContain("'stars'");
        (await Should.ThrowAsync<UsageException>(() => Run(Request("item", null)))).Message.ShouldContain("named twice");
        (await Should.ThrowAsync<UsageException>(() => Run(Request("stars", "note")))).Message.ShouldContain("'note'");
        (await Should.ThrowAsync<UsageException>(() => Run(Request("stars", null, "last")))).Message.ShouldContain("leave-one-out");
        (await Should.ThrowAsync<UsageException>(() => Run(Request("stars", null) with { Recommend = null }))).Message.ShouldContain("user");
        (await Should.ThrowAsync<LearningException>(() => Run(Request("stars", null, "time")))).Message.ShouldContain("--time");
    }
}
