using AlgoFactory.Learning;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Experiments;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Experiments;

public class EnsembleSelectionTests
{
    private static readonly ExperimentData Data = TinyData.Create(TaskKind.Regression, 100);

    private static readonly TrialEvaluator Evaluator = new(
        new LearnerCatalog(), new FoldFeatures(Data, TinyData.Regression, FoldPlanner.Plan(Data, TinyData.Regression, 0, 1), 1),
        TinyData.Regression, MetricCatalog.Find("rmse", TaskKind.Regression), 1, 1, TimeProvider.System);

    private static TrialResult Trial(int number, Func<float, int, float> score)
    {
        float[] scores = [.. Evaluator.Features.ValidationLabels.ToArray().Select(score)];
        var folds = Evaluator.FoldScores(scores);
        return new TrialResult { Trial = number, Proposal = new Proposal("a", ParameterSet.Empty), OutOfSample = scores, FoldScores = folds, Score = TrialEvaluator.Mean(folds) };
    }

    private static Selection Select(int members, params TrialResult[] trials) =>
        EnsembleSelection.Select(Evaluator, [.. trials.OrderBy(t => t.Score)], (a, b) => a < b, members, null, default);

    [Fact]
    public void Errors_that_cancel_out_are_combined()
    {
        var high = Trial(1, (y, _) => y + 1);
        var low = Trial(2, (y, _) => y - 1);
        var poor = Trial(3, (y, i) => y + 20 + i);

        var selection = Select(4, high, low, poor);

        selection.Members.Select(m => m.Trial.Trial).ShouldBe([1, 2], ignoreOrder: true);
        selection.Members.ShouldAllBe(m => Math.Abs(m.Weight - 0.5) < 1e-9);
        selection.Score.ShouldBe(0, 1e-5);
    }

    [Fact]
    public void The_best_one_alone_stays_alone_when_nothing_improves_on_it()
    {
        var selection = Select(4, Trial(1, (y, _) => y), Trial(2, (y, i) => y + i));

        selection.Members.ShouldHaveSingleItem().Trial.Trial.ShouldBe(1);
        selection.Members[0].Weight.ShouldBe(1);
    }

    [Fact]
    public void There_are_no_more_members_than_allowed() =>
        Select(2, [.. Enumerable.Range(1, 8).Select(n => Trial(n, (y, i) => y + (i % 8 == n - 1 ? 4 : 0)))])
            .Members.Length.ShouldBeLessThanOrEqualTo(2);

    [Fact]
    public void A_row_that_every_trial_gets_wrong_does_not_decide_alone()
    {
        // Each trial is right where the other is not; the second is better by one row alone. Without that row they are equals.
        static float Noise(int i) => 0.5f * MathF.Sin(7.3f * i);
        var steady = Trial(1, (y, i) => y + (i % 2 == 0 ? 1 : 0) * (1 + Noise(i)) + (i == 40 ? 30 : 0));
        var lucky = Trial(2, (y, i) => y + (i % 2 == 1 ? 1 : 0) * (1 + Noise(i)) + (i == 40 ? 26 : 0));

        var selection = Select(2, steady, lucky);

        // The best on these rows is to take the lucky one nearly alone.
        selection.Members.Select(m => m.Trial.Trial).ShouldBe([1, 2], ignoreOrder: true);
        selection.Members.Single(m => m.Trial.Trial == 1).Weight.ShouldBeGreaterThan(0.1);
    }

    [Fact]
    public void The_same_seed_gives_the_same_weights()
    {
        TrialResult[] trials = [.. Enumerable.Range(1, 6).Select(n => Trial(n, (y, i) => y + MathF.Sin(n * (i + 0.3f))))];

        Select(5, trials).Members.Select(m => m.Weight).ShouldBe(Select(5, trials).Members.Select(m => m.Weight));
    }

    [Fact]
    public void When_its_time_is_over_the_selection_is_what_it_has()
    {
        var trials = Enumerable.Range(1, 8).Select(n => Trial(n, (y, i) => y + (i % 8 == n - 1 ? 4 : 0))).OrderBy(t => t.Score).ToArray();

        var selection = EnsembleSelection.Select(Evaluator, trials, (a, b) => a < b, 8, TimeSpan.Zero, default);

        selection.Members.Length.ShouldBeLessThanOrEqualTo(2);
        selection.Score.ShouldBeLessThanOrEqualTo(trials[0].Score!.Value);
    }
}
