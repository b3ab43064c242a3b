using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Asynchronous successive halving (Li et al., A system for massively parallel hyperparameter tuning, MLSys 2020): settings are
/// drawn evenly and tried on few rows with few rounds; the best third of a rung is tried again with three times as much, up to
/// all of it. Bad settings cost little, so many more are seen.
/// </summary>
public sealed class SuccessiveHalvingTuner : ITuner
{
    /// <summary>How much more a rung has than the one below, and of how many settings one goes up.</summary>
    private const int Reduction = 3;

    private readonly Dictionary<string, TunedLearner> _learners;
    private readonly RandomTuner _even;
    private readonly ProposalMemory _memory = new();
    private readonly List<Rung> _rungs = [];

    /// <summary>Creates the tuner over those learners that have something to vary.</summary>
    /// <param name="learners">The learners.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="least">The smallest share of the rows on which settings can still be told apart.</param>
    public SuccessiveHalvingTuner(IReadOnlyList<TunedLearner> learners, int seed, double least)
    {
        _learners = learners.ToDictionary(l => l.Id, StringComparer.Ordinal);
        _even = new RandomTuner(learners, seed);
        for (var share = 1.0; _rungs.Count == 0 || (share >= least && _rungs.Count < 4); share /= Reduction)
            _rungs.Insert(0, new Rung(share));
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        for (var rung = _rungs.Count - 2; rung >= 0; rung--)
            while (_rungs[rung].Promote() is { } setting)
                if (At(setting, rung + 1) is var higher && _memory.Add(higher))
                    return higher;
        while (_even.Propose() is { } drawn)
            if (At(drawn, 0) is var lowest && _memory.Add(lowest))
                return lowest;
        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation)
    {
        _memory.Observe(observation);
        var setting = Whole(observation.Proposal);
        _even.Observe(new Observation(setting, observation.Loss));
        if (observation.Loss is { } loss && _rungs.Find(r => Math.Abs(r.Share - observation.Proposal.Fidelity) < 1e-9) is { } rung)
            rung.Done.Add((setting, loss));
    }

    /// <summary>A setting with a rung's share of the rows, and of the rounds where the learner has them.</summary>
    private Proposal At(Proposal setting, int rung)
    {
        var share = _rungs[rung].Share;
        var rounds = _learners[setting.Learner].Space.Rounds;
        var parameters = share < 1 && rounds is not null
            ? setting.Parameters.With(rounds.Name, Math.Ceiling(share * rounds.Default))
            : setting.Parameters;
        return new Proposal(setting.Learner, parameters) { Fidelity = share };
    }

    /// <summary>The setting without what its rung added.</summary>
    private Proposal Whole(Proposal proposal) => proposal.Fidelity < 1 && _learners.GetValueOrDefault(proposal.Learner)?.Space.Rounds is { } rounds
        ? new Proposal(proposal.Learner, proposal.Parameters.Without(rounds.Name))
        : proposal with { Fidelity = 1 };

    /// <summary>What was tried with one share.</summary>
    private sealed class Rung(double share)
    {
        private readonly HashSet<Proposal> _promoted = [];

        public double Share => share;

        public List<(Proposal Setting, double Loss)> Done { get; } = [];

        /// <summary>The best setting of the rung's best third that has not gone up, or null.</summary>
        public Proposal? Promote()
        {
            foreach (var (setting, _) in Done.OrderBy(d => d.Loss).Take(Done.Count / Reduction))
                if (_promoted.Add(setting))
                    return setting;
            return null;
        }
    }
}
