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
        var recommended = RecommendFile.Run(model, _folder["users.csv"], new ReadOptions(), 4, true, _folder["top.csv"], CancellationToken.None);
        (recommended.Users, recommended.Unknown).ShouldBe((2, 1));
        var lines = File.ReadAllLines(_folder["top.csv"]);
        lines[0].ShouldBe("user,known,rank,item,score");
        lines.Skip(1).Select(l => string.Join(',', l.Split(',')[..3])).ShouldBe(
            [.. Enumerable.Range(1, 4).Select(r => $"1001,true,{r}"), .. Enumerable.Range(1, 4).Select(r => $"nobody,false,{r}")]);
        var seen = File.ReadAllLines(request.File).Skip(1).Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).Select(l => l.Split(',')[1]);
        lines.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).Select(l => l.Split(',')[3]).ShouldAllBe(i => !seen.Contains(i));

        var everyone = RecommendFile.RunAll(recommender, 4, true, _folder["all.csv"], CancellationToken.None);
        (everyone.Users, everyone.Unknown).ShouldBe((50, 0));
        var all = File.ReadAllLines(_folder["all.csv"]);
        all.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)).ShouldBe(lines.Where(l => l.StartsWith("1001,", StringComparison.Ordinal)));
        all.Skip(1).Select(l => l.Split(',')[0]).Distinct().Count().ShouldBe(50);
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
