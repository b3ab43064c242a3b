using System.Text.Json;

namespace AlgoFactory.Cli.Tests;

public sealed class TrainCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<CliRun> Train(string sample, string label, params string[] more) =>
        CliRun.Of(["train", TempFolder.Sample(sample), "--label", label, "--out", _folder["m.afm"], .. more]);

    [Fact]
    public async Task Intervals_sets_thresholds_and_roles_are_asked_for_by_options()
    {
        var train = await Train("concrete.csv", "compressive_strength", "--trials", "1", "--weight", "age", "--json");
        train.Code.ShouldBe(0, train.Error);
        var predict = await CliRun.Of("predict", _folder["m.afm"], TempFolder.Sample("concrete.csv"), "--interval", "0.9", "--out", _folder["i.csv"]);
        predict.Code.ShouldBe(0, predict.Error);
        File.ReadAllText(_folder["i.csv"]).ShouldStartWith("prediction,lower,upper,error");
        var evaluate = await CliRun.Of("evaluate", _folder["m.afm"], TempFolder.Sample("concrete.csv"), "--json");
        var coverage = evaluate.Json.GetProperty("coverage");
        coverage.GetArrayLength().ShouldBe(3);
        coverage[1].GetProperty("level").GetDouble().ShouldBe(0.9);
        coverage[1].GetProperty("covered").GetDouble().ShouldBeGreaterThan(0.8);
        (await CliRun.Of("predict", _folder["m.afm"], TempFolder.Sample("concrete.csv"), "--set", "0.9")).ShouldFail(2, "'interval'");

        train = await Train("credit_data.csv", "Status", "--trials", "1", "--cost", "fp=1,fn=9", "--json");
        train.Code.ShouldBe(0, train.Error);
        evaluate = await CliRun.Of("evaluate", _folder["m.afm"], TempFolder.Sample("credit_data.csv"), "--json");
        evaluate.Json.GetProperty("thresholdRule").GetString().ShouldBe("cost:fp=1,fn=9");
        evaluate.Json.GetProperty("threshold").GetDouble().ShouldBe(train.Json.GetProperty("threshold").GetDouble());
        (await CliRun.Of("evaluate", _folder["m.afm"], TempFolder.Sample("credit_data.csv"))).Output.ShouldContain("cost:fp=1,fn=9");

        (await Train("credit_data.csv", "Status", "--cost", "fp=1")).ShouldFail(2, "fp=1,fn=5");
        (await Train("credit_data.csv", "Status", "--cost", "fp=1,fn=2", "--threshold", "f1")).ShouldFail(2, "exclude each other");
        (await Train("credit_data.csv", "Status", "--group", "Stat")).ShouldFail(2, "no column 'Stat'");
        (await Train("credit_data.csv", "Status", "--gap", "7d")).ShouldFail(2, "--time");
    }

    [Fact]
    public async Task The_whole_way_with_one_json_object_a_step()
    {
        var train = await Train("penguins.csv", "species", "--trials", "3", "--seed", "7", "--json");

        train.Code.ShouldBe(0, train.Error);
        var report = train.Json;
        report.GetProperty("task").GetString().ShouldBe("multiclass");
        report.GetProperty("metric").GetString().ShouldBe("logloss");
        report.GetProperty("higherIsBetter").GetBoolean().ShouldBeFalse();
        report.GetProperty("rows").GetInt64().ShouldBe(344);
        report.GetProperty("features").GetInt32().ShouldBeGreaterThan(0);
        report.GetProperty("elapsedSeconds").GetDouble().ShouldBeGreaterThan(0);
        report.GetProperty("firstModelSeconds").GetDouble().ShouldBeGreaterThan(0);
        report.GetProperty("budgetSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
        report.GetProperty("trials").GetInt32().ShouldBe(3);
        report.GetProperty("model").GetString().ShouldBe(_folder["m.afm"]);
        report.GetProperty("warnings").ValueKind.ShouldBe(JsonValueKind.Array);
        var best = report.GetProperty("best");
        best.GetProperty("score").GetDouble().ShouldBe(report.GetProperty("leaderboard")[0].GetProperty("score").GetDouble());
        best.GetProperty("parameters").ValueKind.ShouldBe(JsonValueKind.Object);
        foreach (var line in report.GetProperty("leaderboard").EnumerateArray())
            foreach (var name in new[] { "rank", "learner", "score", "foldScores", "fitSeconds", "error" })
                line.TryGetProperty(name, out _).ShouldBeTrue(name);
        train.Error.ShouldContain("trial 3 ");

        var evaluate = await CliRun.Of("evaluate", _folder["m.afm"], TempFolder.Sample("penguins.csv"), "--json");
        evaluate.Code.ShouldBe(0, evaluate.Error);
        evaluate.Json.GetProperty("metrics").GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(0.9);
        evaluate.Json.GetProperty("metrics").GetProperty("confusion").GetProperty("labels").GetArrayLength().ShouldBe(3);

        var predict = await CliRun.Of("predict", _folder["m.afm"], TempFolder.Sample("penguins.csv"), "--out", _folder["p.csv"], "--json");
        predict.Code.ShouldBe(0, predict.Error);
        predict.Json.GetProperty("rows").GetInt64().ShouldBe(344);
        File.ReadAllLines(_folder["p.csv"]).Length.ShouldBe(345);
    }

    [Fact]
    public async Task For_people_there_is_a_leaderboard()
    {
        var run = await Train("penguins.csv", "species", "--trials", "2");

        run.Code.ShouldBe(0, run.Error);
        run.Output.ShouldContain("baseline");
        run.Output.ShouldContain("m.afm");
    }

    [Fact]
    public async Task A_budget_of_time_ends_with_a_model()
    {
        var run = await Train("penguins.csv", "species", "--budget", "2s", "--json");

        run.Code.ShouldBe(0, run.Error);
        run.Json.GetProperty("budgetSeconds").GetDouble().ShouldBe(2);
        File.Exists(_folder["m.afm"]).ShouldBeTrue();
    }

    [Theory]
    [InlineData("speceis", new string[0], 2, "did you mean 'species'?")]
    [InlineData("species", new[] { "--metric", "auc" }, 2, "no metric 'auc'")]
    [InlineData("species", new[] { "--budget", "0.5" }, 2, "below one second")]
    [InlineData("species", new[] { "--budget", "soon" }, 2, "'soon' is no time")]
    [InlineData("species", new[] { "--budget", "5s", "--trials", "3" }, 2, "exclude each other")]
    [InlineData("species", new[] { "--trials", "none" }, 2, "none")]
    [InlineData("species", new[] { "--trials", "2", "--folds", "1" }, 2, "2 or more")]
    [InlineData("species", new[] { "--trials", "2", "--threads", "0" }, 2, "--threads")]
    [InlineData("species", new[] { "--trials", "2", "--ignore", "iland" }, 2, "did you mean 'island'?")]
    [InlineData("species", new[] { "--trials", "2", "--max-rejected", "7" }, 2, "from 0 to 1")]
    [InlineData("species", new[] { "--trials", "2", "--separator", "ab" }, 2, "one character")]
    [InlineData("species", new[] { "--trials", "2", "--tuner", "bogus" }, 2, "no tuner 'bogus'")]
    [InlineData("species", new[] { "--trials", "2", "--learners", "gbdt,bogus" }, 2, "no learner 'bogus'")]
    [InlineData("species", new[] { "--trials", "2", "--memory", "much" }, 2, "no amount of memory")]
    [InlineData("species", new[] { "--trials", "2", "--resume" }, 2, "nothing to resume")]
    [InlineData("species", new[] { "--trials", "2", "--resume", "--fresh" }, 2, "exclude each other")]
    [InlineData("species", new[] { "--trials", "2", "--url", "nowhere", "--name", "a b" }, 2, "a b")]
    [InlineData("species", new[] { "--colour" }, 2, "--colour")]
    public async Task Wrong_usage_is_one_sentence(string label, string[] more, int code, string message)
    {
        var run = await Train("penguins.csv", label, more);

        run.ShouldFail(code, message);
        File.Exists(_folder["m.afm"]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_file_that_is_not_there_fails() =>
        (await CliRun.Of("train", _folder["none.csv"], "--label", "x", "--json")).ShouldFail(1, "none.csv");

    [Fact]
    public async Task The_label_must_be_named() =>
        (await CliRun.Of("train", TempFolder.Sample("penguins.csv"))).ShouldFail(2, "--label");
}
