namespace AlgoFactory.Search.Tuning;

/// <summary>What was proposed or observed already, so that nothing is tried twice; and which learners only fail.</summary>
internal sealed class ProposalMemory
{
    private const int FailuresAllowed = 2;

    private readonly HashSet<Proposal> _seen = [];
    private readonly HashSet<string> _succeeded = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);

    /// <summary>Remembers a proposal; false when it was known.</summary>
    public bool Add(Proposal proposal) => _seen.Add(proposal);

    /// <summary>Takes in how a proposal did.</summary>
    public void Observe(Observation observation)
    {
        _seen.Add(observation.Proposal);
        var learner = observation.Proposal.Learner;
        if (observation.Loss is not null)
            _succeeded.Add(learner);
        else
            _failures[learner] = _failures.GetValueOrDefault(learner) + 1;
    }

    /// <summary>Whether a learner has failed again and again and never done anything else.</summary>
    public bool IsGivenUp(string learner) => !_succeeded.Contains(learner) && _failures.GetValueOrDefault(learner) >= FailuresAllowed;
}
