using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

public class SuccessiveHalvingTunerTests
{
    private static readonly ParameterSpec Rate = ParameterSpec.Real("rate", 0, 1, 0.5, "");
    private static readonly ParameterSpec Rounds = ParameterSpec.Integer("rounds", 1, 5000, 900, "", searched: false);
    private static readonly TunedLearner Learner = new("a", new SearchSpace([Rate, Rounds], []) { Rounds = Rounds });

    private static List<Proposal> Run(SuccessiveHalvingTuner tuner, int trials)
    {
        var proposals = new List<Proposal>();
        for (var i = 0; i < trials; i++)
        {
            proposals.Add(tuner.Propose()!);
            tuner.Observe(new Observation(proposals[^1], proposals[^1].Parameters.Number(Rate)));
        }

        return proposals;
    }

    [Fact]
    public void The_best_third_of_each_rung_goes_up_with_three_times_the_rows_and_rounds()
    {
        var proposals = Run(new SuccessiveHalvingTuner([Learner], 1, 1 / 9.0), 200);

        var rungs = proposals.GroupBy(p => Math.Round(9 * p.Fidelity)).ToDictionary(g => (int)g.Key, g => g.ToArray());
        rungs.Keys.ShouldBe([1, 3, 9], ignoreOrder: true);
        rungs[1].ShouldAllBe(p => p.Parameters.Number(Rounds) == 100);
        rungs[3].ShouldAllBe(p => p.Parameters.Number(Rounds) == 300);
        rungs[9].ShouldAllBe(p => !p.Parameters.Has("rounds"));
        rungs[3].Length.ShouldBeInRange(rungs[1].Length / 3 - 1, rungs[1].Length / 2);
        rungs[9].Length.ShouldBeInRange(rungs[3].Length / 3 - 1, rungs[3].Length / 2);
        var lowest = rungs[1].Select(p => p.Parameters.Number(Rate)).ToHashSet();
        rungs[3].ShouldAllBe(p => lowest.Contains(p.Parameters.Number(Rate)));
        // Less is better here: what has gone up is low.
        rungs[9].Average(p => p.Parameters.Number(Rate)).ShouldBeLessThan(0.25);
    }

    [Fact]
    public void Where_few_rows_say_nothing_there_is_one_rung() =>
        Run(new SuccessiveHalvingTuner([Learner], 1, 0.5), 20).ShouldAllBe(p => p.Fidelity == 1);
}
