using AlgoFactory.Learning;
using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

/// <summary>What every tuner of the catalogue must do.</summary>
public class TunerLaws
{
    private static readonly SearchSpace Space = new(
    [
        ParameterSpec.Real("rate", 0.001, 1, 0.1, "", log: true),
        ParameterSpec.Integer("leaves", 2, 256, 31, ""),
        ParameterSpec.Flag("flag", true, ""),
        ParameterSpec.Choice("kind", ["p", "q", "r"], ""),
        ParameterSpec.Real("fixed", 0, 1, 0.5, "", searched: false),
    ], [ParameterSet.Empty.With("rate", 0.5).With("fixed", 0.1)]);

    public static TheoryData<string> Names => [.. TunerCatalog.Names];

    private static ITuner Create(string name, int seed, params string[] ids) =>
        TunerCatalog.Create(name, [.. ids.Select(id => new TunedLearner(id, Space))], seed, 100_000);

    private static double Loss(Proposal p) =>
        Math.Abs(Math.Log(p.Parameters.Number(Space.Parameters[0])) + 3) + p.Parameters.Number(Space.Parameters[1]) / 100 + (p.Learner == "a" ? 0 : 1);

    private static List<Proposal> Run(ITuner tuner, int trials, Func<Proposal, double?> loss)
    {
        var proposals = new List<Proposal>();
        while (proposals.Count < trials && tuner.Propose() is { } proposal)
        {
            proposals.Add(proposal);
            tuner.Observe(new Observation(proposal, loss(proposal)));
        }

        return proposals;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_same_seed_and_observations_give_the_same_proposals(string name)
    {
        List<Proposal> Of(int seed) => Run(Create(name, seed, "a", "b"), 60, p => Loss(p));

        Of(3).ShouldBe(Of(3));
        Of(3).ShouldNotBe(Of(4));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Values_lie_in_their_ranges_and_nothing_is_proposed_twice(string name)
    {
        var proposals = Run(Create(name, 1, "a", "b"), 200, p => Loss(p));

        proposals.Count.ShouldBe(200);
        proposals.Distinct().Count().ShouldBe(200);
        foreach (var proposal in proposals)
        {
            proposal.Fidelity.ShouldBeInRange(0.001, 1);
            foreach (var (key, value) in proposal.Parameters.Values)
            {
                var spec = Space.Parameters.Single(s => s.Name == key);
                if (value is double number)
                    number.ShouldBeInRange(spec.Min, spec.Max);
                else
                    spec.Choices.ShouldContain((string)value);
            }

            var leaves = proposal.Parameters.Number(Space.Parameters[1]);
            leaves.ShouldBe(Math.Round(leaves));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_learner_that_only_fails_is_given_up(string name)
    {
        var tuner = Create(name, 1, "works", "fails");
        Run(tuner, 40, p => p.Learner == "works" ? Loss(p) : null);

        Run(tuner, 30, p => Loss(p)).ShouldAllBe(p => p.Learner == "works");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void When_everything_fails_the_search_ends(string name) =>
        Run(Create(name, 1, "a", "b"), 100, _ => null).Count.ShouldBeLessThan(20);

    [Theory]
    [MemberData(nameof(Names))]
    public void What_was_passed_over_does_not_stop_it(string name)
    {
        var tuner = Create(name, 1, "a", "b");
        var observed = 0;
        for (var i = 0; i < 90 && tuner.Propose() is { } proposal; i++)
            if (i % 3 != 0)
            {
                observed++;
                tuner.Observe(new Observation(proposal, Loss(proposal)));
            }

        observed.ShouldBe(60);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_used_up_space_ends(string name)
    {
        var space = new SearchSpace([ParameterSpec.Choice("kind", ["p", "q"], ""), ParameterSpec.Flag("flag", false, "")], []);
        var tuner = TunerCatalog.Create(name, [new TunedLearner("a", space)], 1, 100);

        var settings = Run(tuner, 1000, _ => 1).Select(p => p.Parameters).Where(p => p.Has("kind")).ToArray();

        settings.Length.ShouldBe(4);
        settings.Distinct().Count().ShouldBe(4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_resumed_run_goes_on_as_the_uninterrupted_one_would_have(string name)
    {
        var whole = Run(Create(name, 5, "a", "b"), 80, p => Loss(p));
        var finished = whole.Take(37).Select(p => new Observation(p, Loss(p)));

        var rest = Run(new ResumedTuner(Create(name, 5, "a", "b"), finished), 43, p => Loss(p));

        rest.ShouldBe(whole.Skip(37));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_resumed_run_of_other_trials_repeats_none_of_them(string name)
    {
        var earlier = Run(Create(name, 5, "a", "b"), 30, p => Loss(p));

        var rest = Run(new ResumedTuner(Create(name, 6, "b", "a", "c"), earlier.Select(p => new Observation(p, Loss(p)))), 60, p => Loss(p));

        rest.Count.ShouldBe(60);
        rest.ShouldNotContain(p => earlier.Contains(p));
    }

    [Fact]
    public void An_unknown_name_is_refused_with_those_there_are() =>
        Should.Throw<LearningException>(() => Create("bogus", 1, "a")).Message.ShouldContain("auto, cfo, tpe");

    [Fact]
    public void Only_the_default_begins_with_the_portfolio()
    {
        Create("auto", 1, "a").Propose()!.Parameters.ShouldBe(ParameterSet.Empty);
        Create("random", 1, "a").Propose()!.Parameters.Has("rate").ShouldBeTrue();
        // What has nothing to vary, such as a baseline, is tried once under every tuner.
        var baseline = new TunedLearner("baseline", new SearchSpace([], []));
        TunerCatalog.Create("random", [baseline, new TunedLearner("a", Space)], 1, 100).Propose()!.Learner.ShouldBe("baseline");
    }
}
