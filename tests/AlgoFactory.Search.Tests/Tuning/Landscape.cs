using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Tests.Tuning;

/// <summary>A known function in the place of a trial: a test sees what a tuner makes of it, and how much that costs.</summary>
internal sealed class Landscape
{
    private readonly Func<Proposal, double> _loss;

    private Landscape(Func<Proposal, double> loss, params TunedLearner[] learners) => (_loss, Learners) = (loss, learners);

    public TunedLearner[] Learners { get; }

    /// <summary>A bowl in five dimensions, two of them of a logarithm and one of whole numbers.</summary>
    public static Landscape Bowl()
    {
        ParameterSpec[] axes =
        [
            ParameterSpec.Real("a", 0, 1, 0.9, ""),
            ParameterSpec.Real("b", 1e-4, 1, 0.5, "", log: true),
            ParameterSpec.Real("c", -5, 5, -4, ""),
            ParameterSpec.Integer("d", 1, 1000, 900, "", log: true),
            ParameterSpec.Real("e", 0, 1, 0.1, ""),
        ];
        return new Landscape(
            p => Square(p.Parameters.Number(axes[0]) - 0.3) + Square(Math.Log10(p.Parameters.Number(axes[1])) / 4 + 0.6)
                + Square((p.Parameters.Number(axes[2]) - 2) / 10) + Square(Math.Log10(p.Parameters.Number(axes[3])) / 3 - 0.4)
                + Square(p.Parameters.Number(axes[4]) - 0.7),
            new TunedLearner("bowl", new SearchSpace([.. axes], [])));
    }

    /// <summary>Branin's function (three equal minima of 0.398 in curved valleys), shifted to a least loss of 0.</summary>
    public static Landscape Branin()
    {
        ParameterSpec[] axes = [ParameterSpec.Real("x", -5, 10, 8, ""), ParameterSpec.Real("y", 0, 15, 14, "")];
        return new Landscape(
            p =>
            {
                var (x, y) = (p.Parameters.Number(axes[0]), p.Parameters.Number(axes[1]));
                return Square(y - 5.1 / (4 * Math.PI * Math.PI) * x * x + 5 / Math.PI * x - 6)
                    + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(x) + 10 - 0.397887;
            },
            new TunedLearner("branin", new SearchSpace([.. axes], [])));
    }

    /// <summary>Three learners with bowls of their own; the one with a category and a truth value has the lowest.</summary>
    public static Landscape ThreeLearners()
    {
        ParameterSpec[] axes =
        [
            ParameterSpec.Choice("kind", ["p", "q", "r", "s"], ""),
            ParameterSpec.Flag("flag", false, ""),
            ParameterSpec.Real("rate", 1e-3, 1, 1, "", log: true),
            ParameterSpec.Real("share", 0, 1, 0, ""),
        ];
        var space = new SearchSpace([.. axes], []);
        return new Landscape(
            p => p.Learner switch
            {
                "best" => (p.Parameters.Choice(axes[0]) == "r" ? 0 : 0.3) + (p.Parameters.Flag(axes[1]) ? 0 : 0.1),
                "middle" => 0.2,
                _ => 1,
            } + Square(Math.Log10(p.Parameters.Number(axes[2])) / 3 + 0.5) + Square(p.Parameters.Number(axes[3]) - 0.4),
            new TunedLearner("best", space), new TunedLearner("middle", space), new TunedLearner("worst", space));
    }

    public double Loss(Proposal proposal) => _loss(proposal);

    /// <summary>
    /// The loss as a trial on a share of the rows would measure it: somewhat off, by the same amount each time, and the less
    /// the more rows there are.
    /// </summary>
    public double LossAtFidelity(Proposal proposal)
    {
        var noise = new SplitMix64((ulong)proposal.Parameters.GetStableHash()).NextNormal();
        return _loss(proposal) + 0.05 * (1 - proposal.Fidelity) * noise;
    }

    /// <summary>The least loss of a whole trial within a number of trials.</summary>
    public double BestOf(ITuner tuner, int trials, Action<Proposal>? seen = null)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < trials && tuner.Propose() is { } proposal; i++)
        {
            seen?.Invoke(proposal);
            var loss = Loss(proposal);
            best = Math.Min(best, loss);
            tuner.Observe(new Observation(proposal, loss));
        }

        return best;
    }

    private static double Square(double x) => x * x;
}

/// <summary>A hash that is the same in every process.</summary>
internal static class StableHash
{
    public static int GetStableHash(this ParameterSet parameters) =>
        parameters.ToString().Aggregate(17, (hash, letter) => unchecked(hash * 31 + letter));
}
