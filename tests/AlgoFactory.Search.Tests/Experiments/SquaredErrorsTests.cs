using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

public class SquaredErrorsTests
{
    private static readonly ExperimentData Data = TinyData.Create(TaskKind.Regression, 600);

    private static readonly TrialEvaluator Evaluator = new(
        new LearnerCatalog(), new FoldFeatures(Data, TinyData.Regression, FoldPlanner.Plan(Data, TinyData.Regression, 0, 1), 1),
        TinyData.Regression, MetricCatalog.Find("rmse", TaskKind.Regression), 1, 1, TimeProvider.System);

    private static float[] Scores(Func<int, double> error) => [.. Evaluator.Features.ValidationLabels.ToArray().Select((y, i) => y + (float)error(i))];

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    [Fact]
    public void Of_normal_errors_about_every_row_counts_and_of_a_heavy_tail_a_handful()
    {
        var random = new Random(1);
        SquaredErrors.EffectiveRows(Evaluator, Scores(_ => Normal(random))).ShouldBeInRange(450, 600);
        SquaredErrors.EffectiveRows(Evaluator, Scores(i => i < 3 ? 100 : 1)).ShouldBeInRange(3, 12);
        SquaredErrors.EffectiveRows(Evaluator, Scores(_ => 0)).ShouldBe(600);
    }

    [Fact]
    public void Worse_is_what_the_rows_agree_on_and_not_what_one_row_says()
    {
        var (small, large, lucky) = (Scores(i => i % 2 == 0 ? 1 : -1), Scores(i => i % 2 == 0 ? 1.2 : -1.2), Scores(i => i == 7 ? 40 : 1));
        SquaredErrors.AreWorse(Evaluator, large, small).ShouldBeTrue();
        SquaredErrors.AreWorse(Evaluator, small, large).ShouldBeFalse();
        SquaredErrors.AreWorse(Evaluator, lucky, small).ShouldBeFalse();
    }
}
