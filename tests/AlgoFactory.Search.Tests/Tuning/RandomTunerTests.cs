using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

public class RandomTunerTests
{
    private static readonly SearchSpace Space = new(
    [
        ParameterSpec.Real("rate", 0.001, 1, 0.1, "", log: true),
        ParameterSpec.Integer("leaves", 2, 256, 31, ""),
        ParameterSpec.Flag("flag", true, ""),
        ParameterSpec.Choice("kind", ["p", "q", "r"], ""),
        ParameterSpec.Real("fixed", 0, 1, 0.5, "", searched: false),
    ], []);

    private static RandomTuner Create(int seed, params string[] ids) => new(ids.Select(id => new TunedLearner(id, Space)), seed);

    [Fact]
    public void A_logarithmic_range_gets_as_much_below_its_geometric_middle_as_above()
    {
        var tuner = Create(5, "a");
        var rates = Enumerable.Range(0, 400).Select(_ => tuner.Propose()!.Parameters.Number(Space.Parameters[0])).ToArray();

        rates.Count(r => r < Math.Sqrt(0.001)).ShouldBeInRange(150, 250);
    }

    [Fact]
    public void What_was_seen_is_not_proposed_again_and_a_used_up_space_ends()
    {
        var space = new SearchSpace([ParameterSpec.Choice("kind", ["p", "q"], "")], []);
        var tuner = new RandomTuner([new TunedLearner("a", space)], 1);
        tuner.Observe(new Observation(new Proposal("a", ParameterSet.Empty.With("kind", "p")), 1));

        tuner.Propose()!.Parameters.ShouldBe(ParameterSet.Empty.With("kind", "q"));
        tuner.Propose().ShouldBeNull();
    }

    [Fact]
    public void Learners_without_anything_to_vary_are_left_out() =>
        new RandomTuner([new TunedLearner("baseline", new SearchSpace([], []))], 1).Propose().ShouldBeNull();
}
