using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;
using NSubstitute;

namespace AlgoFactory.Search.Tests.Tuning;

public class PortfolioTunerTests
{
    private static readonly ParameterSpec Rate = ParameterSpec.Real("rate", 0, 1, 0.5, "");

    private static TunedLearner Learner(string id, params ParameterSet[] portfolio) => new(id, new SearchSpace([Rate], [.. portfolio]));

    [Fact]
    public void Every_learners_defaults_come_first_then_the_portfolios_in_turns()
    {
        var (one, two) = (ParameterSet.Empty.With("rate", 0.1), ParameterSet.Empty.With("rate", 0.2));
        var tuner = new PortfolioTuner([Learner("a", one, two), Learner("b"), Learner("c", one)], null);

        var proposals = new List<Proposal>();
        while (tuner.Propose() is { } proposal)
            proposals.Add(proposal);

        proposals.ShouldBe(
        [
            new("a", ParameterSet.Empty), new("b", ParameterSet.Empty), new("c", ParameterSet.Empty),
            new("a", one), new("c", one), new("a", two),
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
