using AlgoFactory.Learning;
using AlgoFactory.Search.Experiments;

namespace AlgoFactory.Search.Tests.Experiments;

public sealed class PredictionBaselineTests
{
    [Fact]
    public void Classes_are_counted_as_they_are_decided()
    {
        var task = new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]);
        var profile = PredictionBaseline.Of(task, new PostProcessing(0.3), [0.1f, 0.2f, 0.35f, 0.9f], [0, 0, 1, 1])!;
        profile.Classes.ShouldBe([2, 2]);
        profile.Rows.ShouldBe(4);
        profile.Counts.Sum().ShouldBe(4);
        profile.AbsoluteErrors.ShouldBeEmpty();
    }

    [Fact]
    public void Numbers_have_the_errors_of_each_bin()
    {
        var scores = Enumerable.Range(0, 200).Select(i => (float)i).ToArray();
        var labels = scores.Select(s => s + (s < 100 ? 1 : -3)).ToArray();
        var profile = PredictionBaseline.Of(new TaskSpec(TaskKind.Regression, "y", []), new PostProcessing(), scores, labels)!;
        profile.AbsoluteErrors.Length.ShouldBe(profile.Counts.Length);
        profile.AbsoluteErrors[0].ShouldBe(1, 1e-6);
        profile.AbsoluteErrors[^1].ShouldBe(3, 1e-6);
        profile.SquaredErrors[^1].ShouldBe(9, 1e-6);
    }

    [Fact]
    public void Recommenders_and_empty_validations_have_none()
    {
        PredictionBaseline.Of(new TaskSpec(TaskKind.Rating, "y", []), new PostProcessing(), [1], [1]).ShouldBeNull();
        PredictionBaseline.Of(new TaskSpec(TaskKind.Regression, "y", []), new PostProcessing(), [], []).ShouldBeNull();
    }
}
