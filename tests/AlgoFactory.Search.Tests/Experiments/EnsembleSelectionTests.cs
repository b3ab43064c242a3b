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
    public void A_member_that_helps_in_one_fold_only_does_not_come_in()
    {
        // Together they are perfect in the first fold and worse in all others: a mean over all folds that looks well, and no fold left out agrees.
        var good = Trial(1, (y, _) => y + 1);
        var lucky = Trial(2, (y, i) => i < Evaluator.Features.ValidationOffsets[1] ? y - 1 : y + 1.2f);
        TrialEvaluator.Mean(Evaluator.FoldScores([.. good.OutOfSample.ToArray().Zip(lucky.OutOfSample.ToArray(), (g, l) => (g + l) / 2)])).ShouldBeLessThan(0.9);

        var selection = Select(2, good, lucky);

        selection.Members.ShouldHaveSingleItem().Trial.Trial.ShouldBe(1);
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
