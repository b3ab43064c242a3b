using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;
using AlgoFactory.TestKit;

namespace AlgoFactory.Search.Tests.Experiments;

public class MemoryPlannerTests
{
    private static readonly ExperimentData Data = TinyData.Create(TaskKind.Regression, 1000);

    private static Task<ExperimentResult> Run(long memory, int threads = 2) => Run(Data, memory, threads);

    private static async Task<ExperimentResult> Run(ExperimentData data, long memory, int threads)
    {
        var plan = new ExperimentPlan
        {
            Task = TinyData.Regression,
            Metric = "rmse",
            Trials = 4,
            Folds = 4,
            Threads = threads,
            MemoryBytes = memory,
        };
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(new LearnerCatalog(BuiltIn.Catalog["baseline"], BuiltIn.Catalog["linear"]), TimeProvider.System).RunAsync(plan, data))
            result = (e as ExperimentDone)?.Result ?? result;
        return result!;
    }

    // A fold of the linear model: 1000 rows × 2 features × 4 bytes, and 750 × (4 × 2 + 32) bytes for its fit. Half of the limit is for fits.
    private const long FoldBytes = 1000 * 2 * 4 + 750 * (4 * 2 + 32);

    [Fact]
    public async Task Enough_memory_changes_nothing() =>
        (await Run(4 * FoldBytes)).Warnings.ShouldBeEmpty();

    [Fact]
    public async Task Short_memory_means_fewer_folds_at_a_time_and_the_same_scores()
    {
        var (all, one) = (await Run(long.MaxValue), await Run(2 * FoldBytes));

        one.Warnings.ShouldContain(w => w.Contains("4 trials were fitted with fewer folds at a time", StringComparison.Ordinal));
        one.Leaderboard.Select(e => (e.Trial, e.Learner, e.Score)).ShouldBe(all.Leaderboard.Select(e => (e.Trial, e.Learner, e.Score)));
    }

    [Fact]
    public async Task A_trial_that_does_not_fit_is_not_started_and_the_leaderboard_says_so()
    {
        var result = await Run(FoldBytes);

        result.Best.Learner.ShouldBe("baseline");
        result.Leaderboard.ShouldContain(e => e.Learner == "linear" && e.Error!.Contains("--memory", StringComparison.Ordinal));
        result.Warnings.ShouldContain(w => w.Contains("not started", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_counts_as_the_thousands_of_features_that_a_learner_gets_of_it()
    {
        const int rows = 60, features = 1764 + 408; // gradients and colours
        const long foldBytes = rows * features * 4 + rows * 3 / 4 * (4 * features + 32);
        var data = Pictures(rows);

        (await Run(data, 2 * foldBytes, threads: 1)).Leaderboard.ShouldAllBe(e => e.Error == null);
        var result = await Run(data, 2 * foldBytes - 2, threads: 1);
        result.Best.Learner.ShouldBe("baseline");
        result.Warnings.ShouldContain(w => w.Contains("not started", StringComparison.Ordinal));
    }

    [Fact]
    public async Task On_a_large_table_trials_use_as_many_rows_as_memory_is_enough_for()
    {
        // All 40,000 training rows of a holdout would take four times as much as 10,000 do.
        var data = TinyData.Create(TaskKind.Regression, 50_000);
        var clock = new ManualClock();
        var learner = new TinyLearner("tiny") { Clock = clock, Cost = rows => TimeSpan.FromMilliseconds(rows / 20.0) };
        var plan = new ExperimentPlan
        {
            Task = TinyData.Regression,
            Metric = "rmse",
            Deadline = clock.GetUtcNow() + TimeSpan.FromSeconds(30),
            Threads = 1,
            MemoryBytes = 2 * 12_500L * 60,
        };
        ExperimentResult? result = null;
        await foreach (var e in new ExperimentRunner(new LearnerCatalog(BuiltIn.Catalog["baseline"], learner), clock).RunAsync(plan, data))
            result = (e as ExperimentDone)?.Result ?? result;

        learner.Fits.Max(f => f.Labels.Length).ShouldBe(10_000);
        result!.Best.Learner.ShouldNotBe("baseline");
        result.Warnings.ShouldContain(w => w.StartsWith("Memory is short for this data: trials trained on a sample of 10000 of 50000 rows", StringComparison.Ordinal));
    }

    /// <summary>A table of one image column.</summary>
    private static ExperimentData Pictures(int rows)
    {
        var table = Multimodal.Sum(TaskKind.Regression, rows, 1);
        var schema = new Schema([table.Schema.Find("image")!, new ColumnSpec("y", ColumnKind.Numeric, ColumnRole.Label, 1, "")], "y");
        var frame = new Frame(rows, [table.Frame["image"], new NumericColumn("y", Array.ConvertAll(table.Labels, l => (double)l))]);
        return new ExperimentData(
            frame, table.Labels, default, schema, new DatasetProfile(rows, [.. schema.Columns.Select(c => new ColumnProfile(c.Name, c.Kind, rows, 0, rows))]));
    }

    [Theory]
    [InlineData("gbdt")]
    [InlineData("random-forest")]
    [InlineData("linear")]
    public void A_fit_is_estimated_larger_with_more_rows_and_features(string id)
    {
        var learner = BuiltIn.Catalog[id];
        long Bytes(long rows, int features) => learner.FitBytes(new FitShape(rows, features, 1), ParameterSet.Empty);

        Bytes(10_000, 20).ShouldBeGreaterThan(0);
        Bytes(1_000_000, 20).ShouldBeGreaterThan(2 * Bytes(10_000, 20));
        Bytes(1_000_000, 200).ShouldBeGreaterThan(Bytes(1_000_000, 20));
    }
}
