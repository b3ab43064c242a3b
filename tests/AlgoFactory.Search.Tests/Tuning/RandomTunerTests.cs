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
    public void The_same_seed_and_observations_give_the_same_proposals()
    {
        static List<string> Run(int seed)
        {
            var tuner = Create(seed, "a", "b");
            var seen = new List<string>();
            for (var i = 0; i < 40; i++)
            {
                var proposal = tuner.Propose()!;
                seen.Add($"{proposal.Learner} {proposal.Parameters}");
                tuner.Observe(new Observation(proposal, i % 7));
            }

            return seen;
        }

        Run(3).ShouldBe(Run(3));
        Run(3).ShouldNotBe(Run(4));
    }

    [Fact]
    public void Values_lie_in_their_ranges_and_only_searched_ones_are_set()
    {
        var tuner = Create(1, "a");
        for (var i = 0; i < 300; i++)
        {
            var proposal = tuner.Propose()!;
            var values = proposal.Parameters.Values.ToDictionary(v => v.Key, v => v.Value);
            values.Keys.ShouldBe(["flag", "kind", "leaves", "rate"], ignoreOrder: true);
            ((double)values["rate"]).ShouldBeInRange(0.001, 1);
            var leaves = (double)values["leaves"];
            leaves.ShouldBeInRange(2, 256);
            leaves.ShouldBe(Math.Round(leaves));
            ((double)values["flag"]).ShouldBeOneOf(0.0, 1.0);
            ((string)values["kind"]).ShouldBeOneOf("p", "q", "r");
            tuner.Observe(new Observation(proposal, Math.Abs(leaves - 100)));
        }
    }

    [Fact]
    public void A_logarithmic_range_gets_as_much_below_its_geometric_middle_as_above()
    {
        var tuner = Create(5, "a");
        var rates = Enumerable.Range(0, 400).Select(_ => tuner.Propose()!.Parameters.Number(Space.Parameters[0])).ToArray();

        rates.Count(r => r < Math.Sqrt(0.001)).ShouldBeInRange(150, 250);
    }

    [Fact]
    public void The_better_learner_is_drawn_more_often()
    {
        var tuner = Create(1, "good", "bad");
        var drawn = new List<string>();
        for (var i = 0; i < 200; i++)
        {
            var proposal = tuner.Propose()!;
            drawn.Add(proposal.Learner);
            tuner.Observe(new Observation(proposal, proposal.Learner == "good" ? 0.1 : 0.9));
        }

        drawn.Count(d => d == "good").ShouldBeGreaterThan(drawn.Count(d => d == "bad"));
        drawn.ShouldContain("bad");
    }

    [Fact]
    public void A_learner_that_only_fails_is_given_up()
    {
        var tuner = Create(1, "works", "fails");
        for (var i = 0; i < 30; i++)
        {
            var proposal = tuner.Propose()!;
            tuner.Observe(new Observation(proposal, proposal.Learner == "works" ? 1 : null));
        }

        Enumerable.Range(0, 30).Select(_ => tuner.Propose()!.Learner).ShouldAllBe(l => l == "works");
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
