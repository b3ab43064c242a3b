using AlgoFactory.Search.Portfolio;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Proposes what is known to do well, before any search, in the order of <see cref="PortfolioOrder"/>; afterwards it hands on
/// to another tuner, which observes everything from the beginning.
/// </summary>
public sealed class PortfolioTuner : ITuner
{
    private readonly Queue<Proposal> _proposals;
    private readonly ITuner? _next;

    /// <summary>Creates the portfolio of these learners.</summary>
    /// <param name="learners">The learners, the one to try first standing first.</param>
    /// <param name="next">Proposes when the portfolio is used up; null: nothing.</param>
    public PortfolioTuner(IReadOnlyList<TunedLearner> learners, ITuner? next)
    {
        _next = next;
        _proposals = new Queue<Proposal>(PortfolioOrder.Of(learners));
    }

    /// <inheritdoc/>
    public Proposal? Propose() => _proposals.TryDequeue(out var proposal) ? proposal : _next?.Propose();

    /// <inheritdoc/>
    public void Observe(Observation observation) => _next?.Observe(observation);
}
