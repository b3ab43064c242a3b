using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

/// <summary>Limits of latency, on a clock that only the models move: what a prediction costs is exact.</summary>
public class LatencyTests
{
    private readonly ManualClock _clock = new();

    private TinyLearner Learner(string id, double microseconds, double bias) =>
        new(id) { Clock = _clock, PredictCost = TimeSpan.FromMicroseconds(microseconds), Bias = bias };

    private async Task<ExperimentResult> Run(double? limit, bool single, params ILearner[] learners)
    {
        var plan = new ExperimentPlan
        {
            Task = TinyData.Regression,
            Metric = "rmse",
            Trials = learners.Length,
            Threads = 1,
            MaxLatency = limit is { } microseconds ? TimeSpan.FromMicroseconds(microseconds) : null,
            SingleModel = single,
        };
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(new LearnerCatalog(learners), _clock).RunAsync(plan, TinyData.Create(TaskKind.Regression, 200, noise: 0.1)))
            result = (e as ExperimentDone)?.Result ?? result;
        return result!;
    }

    [Fact]
    public async Task A_trial_whose_model_alone_is_too_slow_fails_with_the_reason()
    {
        var result = await Run(50, false, Learner("better", 60, 0), Learner("quick", 5, 2));

        result.Best.Learner.ShouldBe("quick");
        result.Leaderboard[^1].ShouldSatisfyAllConditions(e => e.Learner.ShouldBe("better"), e => e.Error!.ShouldContain("60 µs"));
        result.Latency!.Value.TotalMicroseconds.ShouldBe(25, 1e-6);
    }

    [Fact]
    public async Task A_sum_of_trees_that_is_too_slow_gets_as_many_trees_as_there_is_time_for()
    {
        // 200 rounds of a microsecond, then as many as 50 µs allow, a tenth kept.
        var learner = new TinyLearner("a") { Clock = _clock, Rounds = _ => 200, RoundCost = TimeSpan.FromMicroseconds(1) };

        var result = await Run(50, false, learner, Learner("other", 1, 3), Learner("another", 1, 4));

        result.Leaderboard[^1].ShouldSatisfyAllConditions(e => e.Learner.ShouldBe("a"), e => e.Error!.ShouldContain("200 µs"));
        result.Leaderboard[0].ShouldSatisfyAllConditions(e => e.Learner.ShouldBe("a"), e => e.Parameters["rounds"].ShouldBe(45.0));
        result.Predictor.Members.ShouldAllBe(m => m.Learner == "a");
        result.Latency!.Value.TotalMicroseconds.ShouldBeLessThanOrEqualTo(50);
    }

    [Fact]
    public async Task A_learner_that_is_far_too_slow_is_not_tried_again()
    {
        var slow = new TinyLearner("slow") { Clock = _clock, PredictCost = TimeSpan.FromMicroseconds(500), Portfolio = [ParameterSet.Empty.With("gain", 1.1), ParameterSet.Empty.With("gain", 0.9)] };

        await Run(50, false, slow, Learner("quick", 5, 2), Learner("quicker", 4, 2), Learner("quickest", 3, 2));

        slow.Fits.Select(f => f.Parameters).Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_bag_that_is_too_slow_becomes_one_model_of_all_rows()
    {
        var learner = Learner("tiny", 20, 0);

        var result = await Run(50, false, learner);

        result.Predictor.Members.Length.ShouldBe(1);
        learner.Fits.Last().First.Length.ShouldBe(200);
        result.Latency!.Value.TotalMicroseconds.ShouldBe(20, 1e-6);
        result.Warnings.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(250, 10)]
    [InlineData(45, 2)]
    [InlineData(35, 1)]
    public async Task An_ensemble_shrinks_until_it_is_fast_enough(double limit, int models)
    {
        var result = await Run(limit, false, Learner("high", 20, 1), Learner("low", 20, -1));

        result.Predictor.Members.Length.ShouldBe(models);
        result.Latency!.Value.TotalMicroseconds.ShouldBeLessThanOrEqualTo(limit);
        (result.Best.Learner == ExperimentResult.EnsembleLearner).ShouldBe(models > 1);
    }

    [Fact]
    public async Task A_single_model_is_the_best_trials_fitted_on_all_rows()
    {
        var (high, low) = (Learner("high", 0, 1), Learner("low", 0, -1.2));

        var result = await Run(null, true, high, low);

        result.Best.Learner.ShouldBe("high");
        result.Predictor.Members.ShouldHaveSingleItem().Learner.ShouldBe("high");
        high.Fits.Last().First.Length.ShouldBe(200);
        low.Fits.ShouldAllBe(f => f.First.Length == 160);
        result.Latency.ShouldBeNull();
    }
}
