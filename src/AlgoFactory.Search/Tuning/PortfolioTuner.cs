using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Proposes what is known to do well, before any search: every learner's defaults in the given order, then the learners'
/// portfolio entries in turns; afterwards it hands on to another tuner, which observes everything from the beginning.
/// </summary>
public sealed class PortfolioTuner : ITuner
{
    private readonly Queue<Proposal> _proposals = [];
    private readonly ITuner? _next;

    /// <summary>Creates the portfolio of these learners.</summary>
    /// <param name="learners">The learners, the one to try first standing first.</param>
    /// <param name="next">Proposes when the portfolio is used up; null: nothing.</param>
    public PortfolioTuner(IReadOnlyList<TunedLearner> learners, ITuner? next)
    {
        _next = next;
        var seen = new HashSet<Proposal>();
        var rounds = learners.Select(l => l.Space.Portfolio.Length).DefaultIfEmpty(0).Max();
        for (var round = 0; round <= rounds; round++)
            foreach (var learner in learners)
            {
                if (round > learner.Space.Portfolio.Length)
                    continue;
                var parameters = round == 0 ? ParameterSet.Empty : learner.Space.Portfolio[round - 1];
                var proposal = new Proposal(learner.Id, parameters);
                if (seen.Add(proposal))
                    _proposals.Enqueue(proposal);
            }
    }

    /// <inheritdoc/>
    public Proposal? Propose() => _proposals.TryDequeue(out var proposal) ? proposal : _next?.Propose();

    /// <inheritdoc/>
    public void Observe(Observation observation) => _next?.Observe(observation);
}
