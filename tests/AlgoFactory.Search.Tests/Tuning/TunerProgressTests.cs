using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

/// <summary>Tuners that learn from what they see must do better than those that do not, on functions whose minimum is known.</summary>
public class TunerProgressTests
{
    private const int Seeds = 15;

    private static double Median(Func<int, double> ofSeed) => Enumerable.Range(1, Seeds).Select(ofSeed).Order().ElementAt(Seeds / 2);

    private static double MedianBest(Func<Landscape> landscape, string tuner, int trials) => Median(seed =>
    {
        var at = landscape();
        return at.BestOf(TunerCatalog.Create(tuner, at.Learners, seed, 100_000), trials);
    });

    [Theory]
    [InlineData("cfo", 0.5)]
    [InlineData("tpe", 0.5)]
    public void In_a_bowl_they_get_closer_than_random_search(string tuner, double factor) =>
        MedianBest(Landscape.Bowl, tuner, 100).ShouldBeLessThan(factor * MedianBest(Landscape.Bowl, "random", 100));

    [Theory]
    [InlineData("cfo", 1)]
    [InlineData("tpe", 1)]
    public void In_curved_valleys_they_get_closer_than_random_search(string tuner, double factor) =>
        MedianBest(Landscape.Branin, tuner, 80).ShouldBeLessThan(factor * MedianBest(Landscape.Branin, "random", 80));

    [Theory]
    [InlineData("cfo", 0.7)]
    [InlineData("tpe", 0.7)]
    public void Among_learners_they_get_closer_than_random_search(string tuner, double factor) =>
        MedianBest(Landscape.ThreeLearners, tuner, 100).ShouldBeLessThan(factor * MedianBest(Landscape.ThreeLearners, "random", 100));

    [Theory]
    [InlineData("cfo")]
    [InlineData("tpe")]
    public void The_better_learner_gets_most_of_the_trials(string tuner)
    {
        var at = Landscape.ThreeLearners();
        var tried = new List<string>();
        at.BestOf(TunerCatalog.Create(tuner, at.Learners, 1, 100_000), 150, p => tried.Add(p.Learner));

        tried.Count(l => l == "worst").ShouldBeLessThan(50);
        tried.Count(l => l == "worst").ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Cost_frugal_search_prefers_the_cheaper_of_two_equal_learners()
    {
        var at = Landscape.ThreeLearners();
        var learners = new[] { new TunedLearner("dear", at.Learners[0].Space), new TunedLearner("cheap", at.Learners[0].Space) };
        var tuner = new CostFrugalTuner(learners, 1);
        var tried = new List<string>();
        for (var i = 0; i < 150; i++)
        {
            var proposal = tuner.Propose()!;
            tried.Add(proposal.Learner);
            tuner.Observe(new Observation(proposal, at.Loss(proposal with { Learner = "best" })) { Cost = proposal.Learner == "dear" ? 20 : 1 });
        }

        tried.Count(l => l == "cheap").ShouldBeGreaterThan(2 * tried.Count(l => l == "dear"));
    }

    [Fact]
    public void Successive_halving_gets_closer_than_random_search_at_the_same_cost()
    {
        const double budget = 40;
        double Best(string name, int seed)
        {
            var at = Landscape.Bowl();
            var tuner = TunerCatalog.Create(name, at.Learners, seed, 100_000);
            var best = double.PositiveInfinity;
            for (var spent = 0.0; spent < budget;)
            {
                var proposal = tuner.Propose()!;
                spent += proposal.Fidelity;
                tuner.Observe(new Observation(proposal, at.LossAtFidelity(proposal)));
                if (proposal.Fidelity == 1)
                    best = Math.Min(best, at.Loss(proposal));
            }

            return best;
        }

        Median(seed => Best("successive-halving", seed)).ShouldBeLessThan(0.8 * Median(seed => Best("random", seed)));
    }
}
