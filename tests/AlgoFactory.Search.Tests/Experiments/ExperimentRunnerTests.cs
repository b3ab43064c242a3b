using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Experiments;

public class ExperimentRunnerTests
{
    private static readonly ParameterSet Two = ParameterSet.Empty.With("gain", 2);

    private static string Json<T>(T value) => System.Text.Json.JsonSerializer.Serialize(value);

    private static ExperimentPlan Plan(TaskSpec task, int? trials = null, DateTimeOffset? deadline = null) => new()
    {
        Task = task,
        Metric = task.Kind == TaskKind.Regression ? "rmse" : "logloss",
        Trials = trials,
        Deadline = deadline,
        Threads = 2,
    };

    private static async Task<(ExperimentResult Result, List<ExperimentEvent> Events)> Run(
        LearnerCatalog catalog, ExperimentPlan plan, ExperimentData data, TimeProvider? clock = null, CancellationToken cancellation = default)
    {
        var events = new List<ExperimentEvent>();
        await foreach (var e in new ExperimentRunner(catalog, clock ?? TimeProvider.System).RunAsync(plan, data, cancellation))
            events.Add(e);
        return (((ExperimentDone)events[^1]).Result, events);
    }

    private static readonly LearnerInfo WithoutStopping = new("tiny", "", TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: false);

    [Fact]
    public async Task A_winner_that_stops_early_is_the_bag_of_its_folds()
    {
        var learner = new TinyLearner("tiny");
        var data = TinyData.Create(TaskKind.Regression, 200);

        var (result, _) = await Run(new LearnerCatalog(learner), Plan(TinyData.Regression, trials: 1), data);

        learner.Fits.ShouldAllBe(f => f.First.Length == 160);
        result.Predictor.Members.Length.ShouldBe(5);
        result.Predictor.Members.ShouldAllBe(m => Math.Abs(m.Weight - 0.2) < 1e-12);
        result.Predictor.Members.Select(m => m.Pipeline).Distinct().Count().ShouldBe(5);
    }

    [Theory]
    [InlineData(201, false, false)]
    [InlineData(200, false, true)]
    [InlineData(201, true, true)]
    public async Task A_learner_that_needs_many_rows_is_tried_with_fewer_only_where_it_is_asked_for(int fromRows, bool asked, bool tried)
    {
        var learner = new TinyLearner("hungry") { Info = new LearnerInfo("hungry", "Hungry", TaskKinds.All, FeatureNeeds.Codes, Reproducibility.AnyThreads, UsesValidation: true, FromRows: fromRows) };
        var plan = Plan(TinyData.Regression, trials: 2);
        await Run(new LearnerCatalog(new TinyLearner("modest"), learner), asked ? plan with { Learners = ["hungry"] } : plan, TinyData.Create(TaskKind.Regression, 200));
        (!learner.Fits.IsEmpty).ShouldBe(tried);
    }

    [Fact]
    public async Task Bags_of_one_fold_share_its_features()
    {
        var (high, low) = (new TinyLearner("high") { Bias = 1 }, new TinyLearner("low") { Bias = -1 });
        var data = TinyData.Create(TaskKind.Regression, 300, noise: 0.1);

        var (result, _) = await Run(new LearnerCatalog(high, low), Plan(TinyData.Regression, trials: 2), data);

        var members = result.Predictor.Members;
        members.Length.ShouldBe(10);
        Enumerable.Range(0, 5).ShouldAllBe(i => ReferenceEquals(members[2 * i].Pipeline, members[2 * i + 1].Pipeline));
        var scores = result.Predictor.Predict(data.Train).Scores;
        for (var row = 0; row < scores.Length; row++)
            scores[row].ShouldBe((float)((Data.Frames.NumericColumn)data.Train["x"]).Values[row], 1e-4f);
    }

    [Fact]
    public async Task Events_come_in_order_and_the_winner_is_fitted_on_all_rows()
    {
        var learner = new TinyLearner("tiny") { Info = WithoutStopping };
        var data = TinyData.Create(TaskKind.Regression, 200);

        var (result, events) = await Run(new LearnerCatalog(learner), Plan(TinyData.Regression, trials: 4), data);

        events.OfType<TrialEnded>().Where(e => e.Entry.Learner == "tiny").Select(e => e.Entry.Trial).ShouldBe([1, 2, 3, 4]);
        events.OfType<PhaseChanged>().Select(e => e.Phase).ShouldBe(["featurizing", "searching", "combining", "refitting"]);
        result.Leaderboard[0].ShouldBe(result.Best);
        learner.Fits.Last().First.Length.ShouldBe(200);
        learner.Fits.Last().ValidationFirst.ShouldBeNull();
        result.Metrics.ShouldContainKey("rmse");
        result.Metrics["rmse"].ShouldBe(result.Best.Score!.Value, 0.05);
        result.Predictor.Predict(data.Train).Scores.Length.ShouldBe(200);
    }

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public async Task Under_a_budget_of_trials_threads_and_clock_change_nothing(TaskKind kind)
    {
        var data = TinyData.Create(kind, 200);
        var plan = Plan(TinyData.TaskOf(kind), trials: 7) with { Folds = 2 };

        var (one, _) = await Run(BuiltIn.Catalog, plan with { Threads = 1 }, data);
        var (three, _) = await Run(BuiltIn.Catalog, plan with { Threads = 3 }, data);

        Lines(three).ShouldBe(Lines(one));
        Json(three.Predictor.Post).ShouldBe(Json(one.Predictor.Post));
        three.Predictor.Predict(data.Train).Scores.ToArray().ShouldBe(one.Predictor.Predict(data.Train).Scores.ToArray());
    }

    private static IEnumerable<string> Lines(ExperimentResult r) =>
        r.Leaderboard.Select(e => $"{e.Rank} {e.Trial} {e.Learner} {e.Score:R} {e.Fidelity} {string.Join(' ', e.FoldScores)} {string.Join(' ', e.Parameters)} {e.Error}");

    public static TheoryData<string> Tuners => [.. TunerCatalog.Names];

    [Theory]
    [MemberData(nameof(Tuners))]
    public async Task Each_tuner_finds_the_same_winner_at_any_number_of_threads(string tuner)
    {
        var data = TinyData.Create(TaskKind.Binary, 2000);
        var plan = Plan(TinyData.Binary, trials: 12) with { Folds = 2, Tuner = tuner };
        var catalog = new LearnerCatalog(BuiltIn.Catalog["linear"], new TinyLearner("tiny"));

        var (one, _) = await Run(catalog, plan with { Threads = 1 }, data);
        var (two, _) = await Run(catalog, plan with { Threads = 2 }, data);

        Lines(two).ShouldBe(Lines(one));
        two.Predictor.Predict(data.Train).Scores.ToArray().ShouldBe(one.Predictor.Predict(data.Train).Scores.ToArray());
        one.Leaderboard.Any(e => e.Fidelity < 1).ShouldBe(tuner == "successive-halving");
    }

    [Fact]
    public async Task A_failed_trial_stands_last_and_the_run_goes_on()
    {
        var good = new TinyLearner("a");
        var bad = new TinyLearner("b") { Fails = _ => new LearningException("Never.") };

        var (result, _) = await Run(new LearnerCatalog(good, bad), Plan(TinyData.Binary, trials: 3), TinyData.Create(TaskKind.Binary, 100));

        result.Leaderboard[^1].ShouldSatisfyAllConditions(e => e.Learner.ShouldBe("b"), e => e.Rank.ShouldBeNull(), e => e.Error.ShouldBe("Never."));
        result.Best.Learner.ShouldNotBe("b");
    }

    [Fact]
    public async Task When_every_trial_fails_the_first_error_is_told()
    {
        var bad = new TinyLearner("b") { Fails = _ => new LearningException("Never.") };

        var error = await Should.ThrowAsync<LearningException>(() =>
            Run(new LearnerCatalog(bad), Plan(TinyData.Binary, trials: 2), TinyData.Create(TaskKind.Binary, 100)));

        error.Message.ShouldContain("Never.");
    }

    [Fact]
    public async Task Members_whose_errors_cancel_out_become_an_ensemble()
    {
        var (high, low) = (new TinyLearner("high") { Bias = 1 }, new TinyLearner("low") { Bias = -1 });
        var data = TinyData.Create(TaskKind.Regression, 300, noise: 0.1);

        var (result, events) = await Run(new LearnerCatalog(high, low), Plan(TinyData.Regression, trials: 2), data);

        result.Best.Learner.ShouldBe(ExperimentResult.EnsembleLearner);
        result.Leaderboard.Length.ShouldBe(3);
        result.Predictor.Members.Select(m => m.Learner).Distinct().Count().ShouldBe(2);
        result.Predictor.Members.Sum(m => m.Weight).ShouldBe(1, 1e-9);
        result.Metrics["rmse"].ShouldBeLessThan(result.Leaderboard[1].Score!.Value);
        events.OfType<BestChanged>().Last().Entry.ShouldBe(result.Best);
    }

    [Fact]
    public async Task A_budget_of_one_trial_gives_a_model_beside_the_baseline()
    {
        var data = TinyData.Create(TaskKind.Regression, 200);

        var (result, _) = await Run(new LearnerCatalog(BuiltIn.Catalog["baseline"], new TinyLearner("tiny")), Plan(TinyData.Regression, trials: 1), data);

        result.Leaderboard.Select(e => e.Learner).ShouldBe(["tiny", "baseline"]);
        result.Best.Learner.ShouldBe("tiny");
    }

    [Fact]
    public async Task Trials_that_were_finished_before_are_not_run_again()
    {
        var data = TinyData.Create(TaskKind.Regression, 200);
        ParameterSet[] portfolio = [Two, Two.With("gain", 1.1), Two.With("gain", 0.5)];
        TinyLearner Learner() => new("tiny") { Portfolio = [.. portfolio] };
        var plan = Plan(TinyData.Regression, trials: 4);
        var (whole, _) = await Run(new LearnerCatalog(Learner()), plan, data);
        var finished = whole.Leaderboard.Where(e => e.Learner == "tiny" && e.Trial <= 3).ToArray();

        var again = Learner();
        var (resumed, events) = await Run(new LearnerCatalog(again), plan with { Finished = [.. finished] }, data);

        events.OfType<TrialEnded>().Select(e => e.Entry.Trial).First().ShouldBe(4);
        resumed.Leaderboard.Where(e => e.Learner == "tiny").Select(e => (e.Rank, e.Trial, e.Score))
            .ShouldBe(whole.Leaderboard.Where(e => e.Learner == "tiny").Select(e => (e.Rank, e.Trial, e.Score)));
        // Earlier trials are fitted again for what the ensemble needs of them, and make no line of their own.
        events.OfType<TrialEnded>().Count(e => e.Entry.Learner == "tiny").ShouldBe(1);
        (resumed.Best.Learner, resumed.Best.Score).ShouldBe((whole.Best.Learner, whole.Best.Score));
    }

    [Fact]
    public async Task Own_validation_rows_need_no_second_fit()
    {
        var learner = new TinyLearner("tiny");
        var data = TinyData.Create(TaskKind.Regression, 200);
        data = data with { Validation = (data.Train.Take([1, 2, 3]), data.TrainLabels.Slice(1, 3), default) };

        var (result, _) = await Run(new LearnerCatalog(learner), Plan(TinyData.Regression, trials: 1), data);

        learner.Fits.ShouldHaveSingleItem().First.Length.ShouldBe(200);
        result.Validation.ShouldBe("own validation file");
    }

    [Fact]
    public async Task Cancelling_ends_the_run()
    {
        using var stop = new CancellationTokenSource();
        var learner = new TinyLearner("tiny") { Fails = _ => { stop.Cancel(); return null; } };

        await Should.ThrowAsync<OperationCanceledException>(() =>
            Run(new LearnerCatalog(learner), Plan(TinyData.Binary, trials: 50), TinyData.Create(TaskKind.Binary, 100), cancellation: stop.Token));
    }

    [Fact]
    public async Task Whoever_stops_listening_stops_the_work()
    {
        var learner = new TinyLearner("tiny");
        await foreach (var e in new ExperimentRunner(new LearnerCatalog(learner), TimeProvider.System)
            .RunAsync(Plan(TinyData.Regression, trials: 100_000), TinyData.Create(TaskKind.Regression, 100)))
            if (e is TrialEnded)
                break;

        var fits = learner.Fits.Count;
        await Task.Yield();
        learner.Fits.Count.ShouldBe(fits);
    }
}
