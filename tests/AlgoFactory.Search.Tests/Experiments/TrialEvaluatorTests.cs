using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Experiments;

public class TrialEvaluatorTests
{
    private static readonly Proposal Default = new("tiny", ParameterSet.Empty);

    private static TrialEvaluator Create(TinyLearner learner, ExperimentData data, TaskSpec task, string metric, TimeProvider? clock = null, int threads = 2) => new(
        new LearnerCatalog(learner), new FoldFeatures(data, task, FoldPlanner.Plan(data, task, 0, 1), 1), task,
        MetricCatalog.Find(metric, task.Kind), 1, threads, clock ?? TimeProvider.System);

    [Fact]
    public void Nothing_of_the_validation_rows_reaches_training()
    {
        var learner = new TinyLearner("tiny");
        var data = TinyData.Create(TaskKind.Binary, 200);

        Create(learner, data, TinyData.Binary, "auc").Evaluate(1, Default, null, default).Error.ShouldBeNull();

        learner.Fits.Count.ShouldBe(5);
        foreach (var fit in learner.Fits)
        {
            fit.First.Length.ShouldBe(160);
            fit.ValidationFirst!.Length.ShouldBe(40);
            // The first column tells every row apart.
            fit.First.Intersect(fit.ValidationFirst).ShouldBeEmpty();
        }
    }

    [Fact]
    public void Out_of_sample_scores_lie_fold_after_fold_and_the_score_is_the_folds_mean()
    {
        var data = TinyData.Create(TaskKind.Regression, 150);
        var evaluator = Create(new TinyLearner("tiny"), data, TinyData.Regression, "rmse");

        var result = evaluator.Evaluate(1, Default, null, default);

        var rows = evaluator.Features.Plan.Folds.SelectMany(f => f.Validation).ToArray();
        var x = (Data.Frames.NumericColumn)data.Train["x"];
        result.OutOfSample.ToArray().ShouldBe(rows.Select(r => (float)x.Values[r]));
        result.Score.ShouldBe(result.FoldScores.Average());
        result.FoldScores.Length.ShouldBe(5);
    }

    [Fact]
    public void The_number_of_threads_changes_nothing()
    {
        var data = TinyData.Create(TaskKind.Binary, 300);
        var one = Create(new TinyLearner("tiny"), data, TinyData.Binary, "logloss", threads: 1).Evaluate(1, Default, null, default);
        var four = Create(new TinyLearner("tiny"), data, TinyData.Binary, "logloss", threads: 4).Evaluate(1, Default, null, default);

        four.FoldScores.ShouldBe(one.FoldScores);
        four.OutOfSample.ToArray().ShouldBe(one.OutOfSample.ToArray());
    }

    [Fact]
    public void A_learner_that_throws_fails_its_trial_only()
    {
        var data = TinyData.Create(TaskKind.Binary, 100);

        Create(new TinyLearner("tiny") { Fails = _ => new LearningException("It will not.") }, data, TinyData.Binary, "auc")
            .Evaluate(1, Default, null, default).Error.ShouldBe("It will not.");
        Create(new TinyLearner("tiny") { Fails = _ => new IndexOutOfRangeException("oh") }, data, TinyData.Binary, "auc")
            .Evaluate(1, Default, null, default).Error.ShouldBe("IndexOutOfRangeException: oh");
        Create(new TinyLearner("tiny"), data, TinyData.Binary, "auc")
            .Evaluate(1, new Proposal("unknown", ParameterSet.Empty), null, default).Error!.ShouldContain("There is no learner 'unknown'");
    }

    [Fact]
    public void A_trial_that_does_not_end_in_time_is_cut_off()
    {
        var clock = new ManualClock();
        var learner = new TinyLearner("tiny") { Clock = clock, Cost = _ => TimeSpan.FromSeconds(60), IsIterative = false };
        var evaluator = Create(learner, TinyData.Create(TaskKind.Binary, 100), TinyData.Binary, "auc", clock, threads: 1);

        var result = evaluator.Evaluate(1, Default, new TrialTime(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(8)), default);

        result.Error!.ShouldContain("8 s");
        learner.Fits.Count.ShouldBe(1);
    }

    [Fact]
    public void Each_wave_of_folds_gets_its_share_of_the_time()
    {
        var clock = new ManualClock();
        var learner = new TinyLearner("tiny") { Clock = clock, Cost = _ => TimeSpan.FromSeconds(60) };
        var evaluator = Create(learner, TinyData.Create(TaskKind.Binary, 100), TinyData.Binary, "auc", clock, threads: 1);

        var result = evaluator.Evaluate(1, Default, new TrialTime(TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(40)), default);

        result.Error.ShouldBeNull();
        learner.Fits.Count.ShouldBe(5);
        result.Wall.ShouldBeLessThan(TimeSpan.FromSeconds(40));
    }

    [Fact]
    public void Cancelling_is_no_result()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();

        Should.Throw<OperationCanceledException>(() =>
            Create(new TinyLearner("tiny"), TinyData.Create(TaskKind.Binary, 100), TinyData.Binary, "auc").Evaluate(1, Default, null, stop.Token));
    }
}
