namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Brings a tuner to where an interrupted run had left it. The run is played again: what it proposes and has been tried is
/// observed at once, so that under a budget of trials it goes on exactly as the uninterrupted run would have. Where time had a
/// say and the two part, all that is left of the earlier trials is observed in a row.
/// </summary>
public sealed class ResumedTuner : ITuner
{
    private readonly ITuner _tuner;
    private readonly HashSet<Proposal> _tried = [];
    private readonly Dictionary<Proposal, Observation> _waiting = [];

    /// <summary>Resumes a tuner that has not been asked for anything yet.</summary>
    /// <param name="tuner">The tuner, created as the one of the earlier run was.</param>
    /// <param name="finished">How the earlier run's trials did, in order.</param>
    public ResumedTuner(ITuner tuner, IEnumerable<Observation> finished)
    {
        _tuner = tuner;
        foreach (var observation in finished)
            if (_tried.Add(observation.Proposal))
                _waiting.Add(observation.Proposal, observation);
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        while (_tuner.Propose() is { } proposal)
        {
            if (_waiting.Remove(proposal, out var observation))
            {
                _tuner.Observe(observation);
                continue;
            }

            if (_tried.Contains(proposal))
                continue;
            ObserveRest();
            return proposal;
        }

        ObserveRest();
        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation) => _tuner.Observe(observation);

    private void ObserveRest()
    {
        foreach (var observation in _waiting.Values)
            _tuner.Observe(observation);
        _waiting.Clear();
    }
}
