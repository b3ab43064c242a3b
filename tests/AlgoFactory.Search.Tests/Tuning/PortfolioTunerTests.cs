using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;
using NSubstitute;

namespace AlgoFactory.Search.Tests.Tuning;

public class PortfolioTunerTests
{
    private static readonly ParameterSpec Rate = ParameterSpec.Real("rate", 0, 1, 0.5, "");

    private static TunedLearner Learner(string id, params ParameterSet[] portfolio) => new(id, new SearchSpace([Rate], [.. portfolio]));

    [Fact]
    public void Two_settings_of_the_first_learner_stand_before_each_default_of_another()
    {
        var (one, two) = (ParameterSet.Empty.With("rate", 0.1), ParameterSet.Empty.With("rate", 0.2));
        var constant = new TunedLearner("base", new SearchSpace([], []));
        var tuner = new PortfolioTuner([constant, Learner("a", one, two), Learner("b", two), Learner("c", one), Learner("d")], null);

        var proposals = new List<Proposal>();
        while (tuner.Propose() is { } proposal)
            proposals.Add(proposal);

        proposals.ShouldBe(
        [
            new("base", ParameterSet.Empty),
            new("a", ParameterSet.Empty), new("a", one), new("b", ParameterSet.Empty),
            new("a", two), new("c", ParameterSet.Empty),
            new("d", ParameterSet.Empty),
            new("b", two), new("c", one),
        ]);
    }

    [Fact]
    public void A_setting_that_repeats_is_proposed_once()
    {
        var tuner = new PortfolioTuner([Learner("a", ParameterSet.Empty)], null);

        tuner.Propose().ShouldNotBeNull();
        tuner.Propose().ShouldBeNull();
    }

    [Fact]
    public void The_next_tuner_goes_on_and_has_seen_everything()
    {
        var next = Substitute.For<ITuner>();
        var later = new Proposal("a", ParameterSet.Empty.With("rate", 0.9));
        next.Propose().Returns(later);
        var tuner = new PortfolioTuner([Learner("a")], next);

        var first = new Observation(tuner.Propose()!, 1);
        tuner.Observe(first);

        tuner.Propose().ShouldBe(later);
        next.Received(1).Observe(first);
    }
}
