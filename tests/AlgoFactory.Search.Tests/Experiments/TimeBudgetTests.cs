using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

/// <summary>The budget of time, on a clock that only the learners move: what a fit costs is exact.</summary>
public class TimeBudgetTests
{
    private static readonly LearnerInfo Baseline = new("base", "", TaskKinds.All, FeatureNeeds.None, Reproducibility.AnyThreads, false, IsBaseline: true);

    private readonly ManualClock _clock = new();

    private TinyLearner Learner(string id, Func<int, double> seconds, bool iterative = true) =>
        new(id) { Clock = _clock, Cost = rows => TimeSpan.FromSeconds(seconds(rows)), IsIterative = iterative };

    private async Task<(ExperimentResult Result, TimeSpan Took)> Run(double budgetSeconds, int rows, params ILearner[] learners)
    {
        var started = _clock.GetUtcNow();
        var plan = new ExperimentPlan
        {
            Task = TinyData.Regression,
            Metric = "rmse",
            Deadline = started + TimeSpan.FromSeconds(budgetSeconds),
            Threads = 1,
        };
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(new LearnerCatalog([new TinyLearner("base") { Info = Baseline }, .. learners]), _clock)
            .RunAsync(plan, TinyData.Create(TaskKind.Regression, rows)))
            result = (e as ExperimentDone)?.Result ?? result;
        return (result!, _clock.GetUtcNow() - started);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(8)]
    public async Task The_search_and_the_last_fit_end_within_the_budget(double fitSeconds)
    {
        var learner = Learner("tiny", _ => fitSeconds);

        var (result, took) = await Run(60, 500, learner);

        took.TotalSeconds.ShouldBeLessThan(60.5);
        result.Leaderboard.ShouldContain(e => e.Learner == "tiny" && e.Score != null);
        result.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bag_needs_no_last_fit_and_its_time_goes_to_the_search()
    {
        var learner = Learner("tiny", _ => 1);

        var (result, took) = await Run(60, 500, learner);

        learner.Fits.ShouldAllBe(f => f.First.Length == 400);
        took.TotalSeconds.ShouldBeInRange(55, 60.5);
        result.Predictor.Members.Length.ShouldBe(5 * result.Predictor.Members.Select(m => m.Parameters).Distinct().Count());
    }

    [Fact]
    public async Task A_learner_that_would_not_end_in_time_is_cut_off_and_not_started_again()
    {
        var slow = Learner("slow", _ => 100, iterative: false);
        var quick = Learner("quick", _ => 0.2);

        var (result, took) = await Run(30, 500, slow, quick);

        took.TotalSeconds.ShouldBeLessThan(30.5);
        slow.Fits.Count.ShouldBe(1);
        result.Leaderboard.ShouldContain(e => e.Learner == "slow" && e.Error != null);
        result.Predictor.Members.ShouldAllBe(m => m.Learner == "quick");
    }

    [Fact]
    public async Task Large_data_with_little_time_is_learned_from_a_sample_and_said_so()
    {
        // 20 ms a thousand rows: 2 s on all rows, of a budget of one.
        var learner = Learner("tiny", rows => rows * 2e-5);

        var (result, took) = await Run(1, 100_000, learner);

        took.TotalSeconds.ShouldBeLessThan(1.1);
        result.Best.Learner.ShouldBe("tiny");
        result.Warnings.ShouldContain(w => w.Contains("sample"));
    }

    [Fact]
    public async Task Large_data_with_enough_time_is_learned_whole()
    {
        var learner = Learner("tiny", rows => rows * 2e-5);

        var (result, took) = await Run(60, 100_000, learner);

        took.TotalSeconds.ShouldBeLessThan(60.5);
        learner.Fits.Select(f => f.First.Length).ShouldContain(80_000);
        learner.Fits.Last().First.Length.ShouldBe(100_000);
        result.Warnings.ShouldBeEmpty();
        // The first rung of the ladder is there long before the first trial on all rows.
        result.FirstModelAfter.TotalSeconds.ShouldBeLessThan(10);
    }

    [Fact]
    public async Task With_no_time_at_all_there_is_still_a_model()
    {
        var (result, took) = await Run(0.01, 500, Learner("tiny", _ => 5));

        result.Best.Learner.ShouldBe("base");
        took.TotalSeconds.ShouldBeLessThan(2);
    }

    [Fact]
    public async Task A_search_without_progress_ends_before_the_budget()
    {
        var (result, took) = await Run(3600, 200, new TinyLearner("tiny") { Clock = _clock, Cost = _ => TimeSpan.FromSeconds(0.1) });

        took.TotalSeconds.ShouldBeLessThan(600);
        result.Leaderboard.Length.ShouldBeGreaterThan(100);
    }
}
