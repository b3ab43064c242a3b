using AlgoFactory.Learning.Spaces;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Portfolio;

/// <summary>
/// In which order known good settings are tried. The first learner is the strongest on most tables, and a short sweep gains
/// more by its second and third setting than by the defaults of learners that seldom win. So two of its settings stand before
/// each of the other learners' defaults, which are there for what they do differently; the others' portfolios follow in turns.
/// </summary>
internal static class PortfolioOrder
{
    /// <summary>All settings in order, each once.</summary>
    /// <param name="learners">Learners in order: those with nothing to vary (baselines) first, then the strongest.</param>
    public static IEnumerable<Proposal> Of(IReadOnlyList<TunedLearner> learners) =>
        All(learners, learners.TakeWhile(l => !l.IsSearchable).Count()).Distinct();

    private static IEnumerable<Proposal> All(IReadOnlyList<TunedLearner> learners, int constants)
    {
        foreach (var constant in learners.Take(constants))
            yield return new Proposal(constant.Id, ParameterSet.Empty);
        if (learners.Count == constants)
            yield break;

        var (first, others) = (learners[constants], learners.Skip(constants + 1).ToArray());
        ParameterSet[] strongest = [ParameterSet.Empty, .. first.Space.Portfolio];
        for (var turn = 0; turn < Math.Max((strongest.Length + 1) / 2, others.Length); turn++)
        {
            foreach (var parameters in strongest.Skip(2 * turn).Take(2))
                yield return new Proposal(first.Id, parameters);
            if (turn < others.Length)
                yield return new Proposal(others[turn].Id, ParameterSet.Empty);
        }

        for (var turn = 0; turn < others.Select(l => l.Space.Portfolio.Length).DefaultIfEmpty(0).Max(); turn++)
            foreach (var learner in others.Where(l => turn < l.Space.Portfolio.Length))
                yield return new Proposal(learner.Id, learner.Space.Portfolio[turn]);
    }
}
