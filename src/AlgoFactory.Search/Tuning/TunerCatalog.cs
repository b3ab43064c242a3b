using System.Collections.Immutable;
using AlgoFactory.Learning;

namespace AlgoFactory.Search.Tuning;

/// <summary>The tuners by name; <c>docs/tuners.md</c> says when which.</summary>
public static class TunerCatalog
{
    /// <summary>The fixed portfolio, then cost-frugal search.</summary>
    public const string Default = "auto";

    /// <summary>Rows of which a share is too few to tell settings apart.</summary>
    private const double FewRows = 300;

    /// <summary>All names, the default first.</summary>
    public static ImmutableArray<string> Names { get; } = [Default, "cfo", "tpe", "successive-halving", "random", "grid"];

    /// <summary>Creates a tuner.</summary>
    /// <param name="name">One of <see cref="Names"/>. All but the default go without the portfolio of settings that are known to do well.</param>
    /// <param name="learners">The learners, the one to try first standing first. Those with nothing to vary come before the tuner.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="rows">Training rows of a trial.</param>
    /// <exception cref="LearningException">There is no tuner of that name.</exception>
    public static ITuner Create(string name, IReadOnlyList<TunedLearner> learners, int seed, int rows)
    {
        ITuner tuner = name switch
        {
            Default or "cfo" => new CostFrugalTuner(learners, seed),
            "tpe" => new TpeTuner(learners, seed),
            "successive-halving" => new SuccessiveHalvingTuner(learners, seed, FewRows / Math.Max(1, rows)),
            "random" => new RandomTuner(learners, seed),
            "grid" => new GridTuner(learners, seed),
            _ => throw new LearningException(Refusal(name)),
        };
        return new PortfolioTuner(name == Default ? learners : [.. learners.Where(l => !l.IsSearchable)], tuner);
    }

    /// <summary>Why a name is none, in a sentence.</summary>
    public static string Refusal(string name) => $"There is no tuner '{name}'; choose one of {string.Join(", ", Names)}.";
}
