using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

public class GridTunerTests
{
    [Fact]
    public void The_grid_is_covered_exactly_before_it_is_refined()
    {
        var space = new SearchSpace(
        [
            ParameterSpec.Real("share", 0, 1, 0.5, ""),
            ParameterSpec.Real("rate", 0.001, 1, 0.1, "", log: true),
            ParameterSpec.Choice("kind", ["p", "q"], ""),
        ], []);
        var tuner = new GridTuner([new TunedLearner("a", space)], 1);

        var first = Enumerable.Range(0, 18).Select(_ => tuner.Propose()!.Parameters).ToHashSet();

        var expected =
            from share in new[] { 0.1667, 0.5, 0.8333 }
            from rate in new[] { 0.003162, 0.03162, 0.3162 }
            from kind in new[] { "p", "q" }
            select ParameterSet.Empty.With("share", share).With("rate", rate).With("kind", kind);
        first.ShouldBe(expected, ignoreOrder: true);

        // Of the nine by nine by two the coarse ones are done.
        var second = Enumerable.Range(0, 162 - 18).Select(_ => tuner.Propose()!.Parameters).ToHashSet();
        second.Count.ShouldBe(144);
        second.ShouldNotContain(p => first.Contains(p));
        second.Select(p => p.Number(space.Parameters[0])).Distinct().Count().ShouldBe(9);
    }

    [Fact]
    public void Whole_numbers_that_fall_together_are_tried_once()
    {
        var space = new SearchSpace([ParameterSpec.Integer("n", 1, 2, 1, "")], []);
        var tuner = new GridTuner([new TunedLearner("a", space)], 1);

        var values = new List<double>();
        while (tuner.Propose() is { } proposal)
            values.Add(proposal.Parameters.Number(space.Parameters[0]));

        values.ShouldBe([1, 2], ignoreOrder: true);
    }
}
