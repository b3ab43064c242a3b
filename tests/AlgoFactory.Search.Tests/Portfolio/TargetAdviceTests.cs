using AlgoFactory.Learning;
using AlgoFactory.Learning.Learners;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Portfolio;

namespace AlgoFactory.Search.Tests.Portfolio;

public class TargetAdviceTests
{
    [Theory]
    [InlineData("poisson", "counts", "0,1,3,2,0,5,1")]
    [InlineData("gamma squared_log", "long upper tail", "0.5,0.7,0.6,0.9,0.4,0.8,9.5")]
    [InlineData("tweedie", "Tweedie", "0,0,0,1.5,0,2.5,0,0,30.5")]
    public void A_target_is_tried_with_the_loss_of_its_kind(string objective, string why, string labels)
    {
        var advice = TargetAdvice.For(TinyData.Regression, Labels(labels), [], "rmse");
        advice.Candidates.ShouldBe(objective.Split(' ').Select(o => ParameterSet.Empty.With("objective", o)));
        advice.Notes.Single().ShouldContain(why);
        advice.Notes.Single().ShouldContain("'y'");
    }

    [Theory]
    [InlineData("-1,0,2,3")]
    [InlineData("0,0,0")]
    [InlineData("1.5,2.5,3.5,2.5,1.5")]
    [InlineData("5000,5100,5200,5050,90000")]
    public void Others_are_left_alone_or_have_their_own(string labels)
    {
        var advice = TargetAdvice.For(TinyData.Regression, Labels(labels), [], "rmse");
        advice.Candidates.ShouldNotContain(ParameterSet.Empty.With("objective", "poisson"));
    }

    [Fact]
    public void A_rare_class_is_tried_with_balanced_weights_and_accuracy_is_warned_of()
    {
        var labels = Enumerable.Range(0, 100).Select(i => i < 4 ? 1f : 0f).ToArray();
        var advice = TargetAdvice.For(TinyData.Binary, labels, [], "accuracy");
        advice.Candidates.ShouldBe([ParameterSet.Empty.With("class_weight", "balanced")]);
        advice.Notes.Length.ShouldBe(2);
        advice.Notes[0].ShouldContain("prAuc");
        advice.Notes[1].ShouldContain("4 % of the rows are 'yes'");
        TargetAdvice.For(TinyData.Binary, labels, [], "auc").Notes.Length.ShouldBe(1);
    }

    [Fact]
    public void Weights_make_a_class_common()
    {
        var labels = Enumerable.Range(0, 100).Select(i => i < 4 ? 1f : 0f).ToArray();
        TargetAdvice.For(TinyData.Binary, labels, [.. labels.Select(l => l == 1 ? 24f : 1f)], "accuracy").Notes.ShouldBeEmpty();
    }

    [Fact]
    public void Candidates_stand_first_in_the_portfolio_and_are_parameters_that_the_trees_know()
    {
        var data = TinyData.Create(TaskKind.Regression, 100);
        var learners = LearnerOrder.For(BuiltIn.Catalog, TinyData.Regression, data.Profile);
        var advice = TargetAdvice.For(TinyData.Regression, [0, 1, 2, 1, 0], [], "rmse");
        var extended = advice.Extend(learners);
        var trees = extended.Single(l => l.Id == "gbdt");
        trees.Space.Portfolio[0].ShouldBe(advice.Candidates[0]);
        trees.Space.Parameters.Single(p => p.Name == "objective").Choices.ShouldContain("poisson");
        extended.Where(l => l.Id != "gbdt").ShouldBe(learners.Where(l => l.Id != "gbdt"));
    }

    private static float[] Labels(string text) => [.. text.Split(',').Select(t => float.Parse(t, System.Globalization.CultureInfo.InvariantCulture))];
}
