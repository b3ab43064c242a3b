using AlgoFactory.Data.Schemas;
using AlgoFactory.Data;
using AlgoFactory.Hosting.Training;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Hosting.Tests.Training;

public sealed class TrainModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private TrainRequest Request(string file, string label) => new()
    {
        File = file,
        DataName = Path.GetFileName(file),
        Label = label,
        Trials = 3,
        StartedAt = DateTimeOffset.UtcNow,
        OutputPath = _folder["model.afm"],
        Threads = 2,
    };

    private static Task<TrainReport> Run(TrainRequest request, Action<ExperimentEvent>? progress = null, CancellationToken cancellation = default) =>
        new TrainModel(BuiltIn.Catalog, TimeProvider.System).RunAsync(request, progress, cancellation);

    /// <summary>Two columns that decide the label, some of its values missing.</summary>
    private string Table(int rows, Func<int, string> label)
    {
        var lines = Enumerable.Range(0, rows).Select(i => $"{i * 37 % 100},{(i % 3 == 0 ? "red" : "blue")},{label(i)}");
        return _folder.Write("table.csv", $"amount,colour,target\n{string.Join('\n', lines)}\n");
    }

    [Theory]
    [InlineData("penguins.csv", "species", "multiclass", "logloss", false)]
    [InlineData("credit_data.csv", "Status", "binary", "auc", true)]
    [InlineData("concrete.csv", "compressive_strength", "regression", "rmse", false)]
    public async Task A_file_becomes_a_saved_model_and_a_report(string sample, string label, string task, string metric, bool higherIsBetter)
    {
        var request = Request(TempFolder.Sample(sample), label);
        var events = new List<ExperimentEvent>();

        var report = await Run(request, events.Add);

        report.Task.ShouldBe(task);
        report.Metric.ShouldBe(metric);
        report.HigherIsBetter.ShouldBe(higherIsBetter);
        report.Trials.ShouldBe(3);
        report.Leaderboard.Count(e => e.Learner is not (ExperimentResult.EnsembleLearner or "baseline")).ShouldBe(3);
        report.Leaderboard.Count(e => e.Learner == "baseline").ShouldBe(1);
        report.Best.Learner.ShouldNotBe("baseline");
        report.FirstModelSeconds.ShouldBeLessThanOrEqualTo(report.ElapsedSeconds);
        events.OfType<TaskChosen>().ShouldHaveSingleItem().Metric.ShouldBe(metric);
        events[^1].ShouldBe(new PhaseChanged("saving"));

        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Lineage.DataName.ShouldBe(sample);
        model.Lineage.Leaderboard.Length.ShouldBe(report.Leaderboard.Length);
        model.FeatureImportance.ShouldNotBeEmpty();
        model.FeatureImportance.Sum(c => c.Share).ShouldBe(1, 1e-6);
        model.WarmupRows.ShouldNotBeEmpty();
        model.Curves.ShouldNotBeNull();
    }

    [Fact]
    public async Task The_rarer_class_is_the_positive_one_unless_the_user_says_otherwise()
    {
        var file = Table(200, i => i % 4 == 0 ? "rare" : "usual");

        await Run(Request(file, "target"));
        ModelFile.Load(_folder["model.afm"], BuiltIn.Readers).Predictor.Task.Classes.ShouldBe(["usual", "rare"]);

        await Run(Request(file, "target") with { Positive = "usual" });
        ModelFile.Load(_folder["model.afm"], BuiltIn.Readers).Predictor.Task.Classes.ShouldBe(["rare", "usual"]);
    }

    [Fact]
    public async Task Rows_without_a_label_are_left_out_and_counted()
    {
        var report = await Run(Request(Table(200, i => i % 10 == 0 ? "" : i % 3 == 0 ? "a" : "b"), "target"));

        report.Rows.ShouldBe(180);
        report.Warnings.ShouldContain(w => w.Contains("20") && w.Contains("left out"));
    }

    [Fact]
    public async Task Ignored_columns_are_not_learned_from()
    {
        var report = await Run(Request(Table(200, i => i % 3 == 0 ? "a" : "b"), "target") with { Ignore = ["colour"] });

        report.Features.ShouldBe(1);
        ModelFile.Load(_folder["model.afm"], BuiltIn.Readers).Predictor.InputColumns.Select(c => c.Name).ShouldBe(["amount"]);
    }

    [Fact]
    public async Task A_column_that_gives_the_label_away_is_suspected()
    {
        var report = await Run(Request(Table(300, i => i % 3 == 0 ? "a" : "b"), "target"));

        report.Warnings.ShouldContain(w => w.Contains("'colour' alone"));
    }

    [Fact]
    public async Task Two_runs_of_one_seed_give_the_same_leaderboard_and_the_same_predictions()
    {
        var request = Request(TempFolder.Sample("penguins.csv"), "species") with { Trials = 5 };
        var one = await Run(request with { Threads = 1 });
        var first = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        var two = await Run(request with { Threads = 2 });
        var second = ModelFile.Load(request.OutputPath, BuiltIn.Readers);

        two.Leaderboard.Select(e => (e.Rank, e.Trial, e.Learner, e.Score)).ShouldBe(one.Leaderboard.Select(e => (e.Rank, e.Trial, e.Learner, e.Score)));
        var builder = new Data.Frames.FrameBuilder(first.Predictor.InputColumns);
        foreach (var row in first.WarmupRows)
        {
            foreach (var (name, text) in row)
                builder.SetText(first.Predictor.InputColumns.Select(c => c.Name).ToList().IndexOf(name), text);
            builder.EndRow();
        }

        var rows = builder.Build();
        second.Predictor.Predict(rows).Scores.ToArray().ShouldBe(first.Predictor.Predict(rows).Scores.ToArray());
    }

    [Fact]
    public async Task A_validation_file_is_what_scores_come_from()
    {
        var file = Table(200, i => i % 3 == 0 ? "a" : "b");
        var valid = _folder.Write("valid.csv", "colour,amount,target\nred,1,a\nblue,2,b\nred,3,a\nblue,4,unheard of\n");

        var report = await Run(Request(file, "target") with { ValidationFile = valid });

        ModelFile.Load(_folder["model.afm"], BuiltIn.Readers).Lineage.Validation.ShouldBe("own validation file");
        report.Rows.ShouldBe(200);
        report.Warnings.ShouldContain(w => w.StartsWith("1 of 4 rows of the validation file", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("tagret", null, null, null, "did you mean 'target'?")]
    [InlineData("target", "rmse", null, null, "no metric 'rmse'")]
    [InlineData("target", null, "regression", null, "Regression needs")]
    [InlineData("target", null, "sorting", null, "no task 'sorting'")]
    [InlineData("target", null, null, "c", "no class 'c'")]
    public async Task What_does_not_fit_the_file_is_a_wrong_usage(string label, string? metric, string? task, string? positive, string message)
    {
        var request = Request(Table(100, i => i % 3 == 0 ? "a" : "b"), label) with { Metric = metric, Task = task ?? "auto", Positive = positive };

        var error = await Should.ThrowAsync<UsageException>(() => Run(request));

        error.Message.ShouldContain(message);
        File.Exists(request.OutputPath).ShouldBeFalse();
    }

    [Fact]
    public async Task Requests_that_can_never_work_are_refused_before_anything_is_read()
    {
        var request = Request(_folder["absent.csv"], "x");

        (await Should.ThrowAsync<UsageException>(() => Run(request with { Trials = null, Budget = TimeSpan.FromSeconds(0.5) }))).Message.ShouldContain("one second");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { Trials = 0 }))).Message.ShouldContain("1 or more");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { Folds = 1 }))).Message.ShouldContain("2 or more");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { OutputPath = request.File }))).Message.ShouldContain("overwrite");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { OutputPath = _folder["none/model.afm"] }))).Message.ShouldContain("does not exist");
        await Should.ThrowAsync<DataFormatException>(() => Run(request));
    }

    [Fact]
    public async Task A_validation_file_without_the_columns_is_a_wrong_usage()
    {
        var valid = _folder.Write("valid.csv", "amount,target\n1,a\n2,b\n");

        var error = await Should.ThrowAsync<UsageException>(() => Run(Request(Table(100, i => i % 3 == 0 ? "a" : "b"), "target") with { ValidationFile = valid }));

        error.Message.ShouldContain("'colour'");
    }

    [Fact]
    public async Task A_label_with_one_class_cannot_be_learned() =>
        (await Should.ThrowAsync<Exception>(() => Run(Request(Table(100, _ => "same"), "target")))).Message.ShouldContain("nothing to learn");

    [Fact]
    public async Task A_cancelled_run_saves_nothing()
    {
        using var stop = new CancellationTokenSource();
        var request = Request(TempFolder.Sample("penguins.csv"), "species") with { Trials = 1000 };

        await Should.ThrowAsync<OperationCanceledException>(() => Run(request, e => { if (e is TrialEnded) stop.Cancel(); }, stop.Token));

        Directory.GetFiles(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_and_weights_can_be_set()
    {
        var lines = Enumerable.Range(0, 120).Select(i => $"{i * 37 % 50},{i / 6},{1 + i % 2},{(i / 6 % 2 == 0 ? "a" : "b")}");
        var file = _folder.Write("grouped.csv", $"x,house,w,target\n{string.Join('\n', lines)}\n");
        var request = Request(file, "target") with
        {
            Overrides = [new ColumnOverride("house", null, Data.Schemas.ColumnRole.Group), new ColumnOverride("w", null, Data.Schemas.ColumnRole.Weight)],
        };

        var report = await Run(request);

        report.Leaderboard.ShouldAllBe(e => e.Error == null);
        ModelFile.Load(request.OutputPath, BuiltIn.Readers).Predictor.InputColumns.Select(c => c.Name).ShouldBe(["x"]);
    }

    /// <summary>A label that drifts with time, in shuffled order; sites come in tens.</summary>
    private string Dated(int rows = 240)
    {
        var lines = Enumerable.Range(0, rows).Select(i => i * 77 % rows).Select(i =>
            $"{DateTime.UnixEpoch.AddDays(20_000 + i):yyyy-MM-dd},{i},s{i / 10},{i % 4},{1 + i % 2},{i * 13 % 50},{i * 13 % 50 + i / 10}");
        return _folder.Write("dated.csv", $"day,step,site,part,heft,x,y\n{string.Join('\n', lines)}\n");
    }

    [Theory]
    [InlineData("day", "7d")]
    [InlineData("step", "7")]
    public async Task Rows_are_split_by_time(string time, string gap)
    {
        var request = Request(Dated(), "y") with { Time = time, Gap = gap, Task = "regression", Trials = 1 };
        await Run(request);
        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Lineage.Validation.ShouldBe("rolling origin, 5 folds");
        // A date is also an input; a number of a row is none.
        model.Predictor.InputColumns.Any(c => c.Name == time).ShouldBe(time == "day");
    }

    [Fact]
    public async Task Groups_folds_and_weights_are_taken_from_columns()
    {
        var request = Request(Dated(), "y") with { Task = "regression", Trials = 1 };
        await Run(request with { Overrides = [new("part", null, ColumnRole.Fold), new("heft", null, ColumnRole.Weight)] });
        var model = ModelFile.Load(request.OutputPath, BuiltIn.Readers);
        model.Lineage.Validation.ShouldBe("4 folds of the fold column");
        model.Predictor.InputColumns.Select(c => c.Name).ShouldNotContain("part");
        model.Predictor.InputColumns.Select(c => c.Name).ShouldNotContain("heft");
        await Run(request with { Overrides = [new("site", null, ColumnRole.Group)] });
        ModelFile.Load(request.OutputPath, BuiltIn.Readers).Lineage.Validation.ShouldBe("5-fold");
    }

    [Theory]
    [InlineData("nothere", null, 0, "no column 'nothere'")]
    [InlineData("site", null, 0, "must hold dates or numbers")]
    [InlineData("y", null, 0, "cannot be the time")]
    [InlineData(null, "7d", 0, "needs a time column")]
    [InlineData("step", "7d", 0, "plain numbers")]
    [InlineData("day", "soon", 0, "is no gap")]
    [InlineData("day", "400d", 0, "shorter gap")]
    public async Task A_time_that_cannot_be_is_refused(string? time, string? gap, int folds, string word)
    {
        var request = Request(Dated(), "y") with { Time = time, Gap = gap, Folds = folds, Task = "regression" };
        var error = await Should.ThrowAsync<Exception>(() => Run(request));
        (error is UsageException or LearningException).ShouldBeTrue(error.ToString());
        error.Message.ShouldContain(word);
        File.Exists(request.OutputPath).ShouldBeFalse();
    }

    [Fact]
    public async Task Rows_are_split_by_one_thing_only()
    {
        var request = Request(Dated(), "y") with { Time = "day", Task = "regression" };
        (await Should.ThrowAsync<UsageException>(() => Run(request with { Overrides = [new("site", null, ColumnRole.Group)] }))).Message.ShouldContain("'day' (time) and 'site' (group)");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { ValidationFile = Dated() }))).Message.ShouldContain("'day'");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { Time = null, Folds = 3, Overrides = [new("part", null, ColumnRole.Fold)] }))).Message.ShouldContain("'part'");
    }

    [Fact]
    public async Task A_threshold_is_chosen_by_its_rule_and_kept()
    {
        var request = Request(TempFolder.Sample("credit_data.csv"), "Status") with { Trials = 1 };
        var cheap = await Run(request with { Threshold = "cost:fp=1,fn=20" });
        var dear = await Run(request with { Threshold = "cost:fp=20,fn=1" });
        cheap.Threshold!.Value.ShouldBeLessThan(dear.Threshold!.Value);
        var post = ModelFile.Load(request.OutputPath, BuiltIn.Readers).Predictor.Post;
        post.Threshold.ShouldBe(dear.Threshold.Value);
        post.ThresholdRule.ShouldBe("cost:fp=20,fn=1");
        (await Should.ThrowAsync<UsageException>(() => Run(request with { Threshold = "best" }))).Message.ShouldContain("'best'");
        (await Should.ThrowAsync<UsageException>(() => Run(Request(Dated(), "y") with { Threshold = "f1", Task = "regression" }))).Message.ShouldContain("two classes");
    }

    [Fact]
    public async Task Counts_are_tried_with_a_Poisson_loss_and_the_reason_is_said()
    {
        var request = Request(Table(300, i => (i * 37 % 100 / 25 + i % 2).ToString()), "target") with { Task = "regression", Trials = 5, Learners = ["gbdt", "linear"] };
        var report = await Run(request);
        report.Warnings.ShouldContain(w => w.Contains("'target' holds counts", StringComparison.Ordinal));
        report.Leaderboard.ShouldContain(e => e.Parameters.Any(p => p.Key == "objective" && p.Value.Equals("poisson")) && e.Error == null);
    }
}
