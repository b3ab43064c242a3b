using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Random search (Bergstra and Bengio, JMLR 2012) with memory: learners that did better are drawn more often, and half of
/// the settings are steps away from the learner's best one so far.
/// </summary>
public sealed class RandomTuner : ITuner
{
    private const int Attempts = 30;
    private const double LocalShare = 0.5;
    private const double LocalStep = 0.15;
    private const int FailuresAllowed = 2;

    private readonly TunedLearner[] _learners;
    private readonly SplitMix64 _random;
    private readonly HashSet<Proposal> _seen = [];
    private readonly Dictionary<string, (double Loss, ParameterSet Parameters)> _best = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _failures = new(StringComparer.Ordinal);

    /// <summary>Creates the tuner over those learners that have something to vary.</summary>
    public RandomTuner(IEnumerable<TunedLearner> learners, int seed)
    {
        _learners = [.. learners.Where(l => l.IsSearchable)];
        _random = new SplitMix64((ulong)seed);
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (DrawLearner() is not { } learner)
                return null;
            var local = _best.TryGetValue(learner.Id, out var best) && _random.NextDouble() < LocalShare;
            var proposal = new Proposal(learner.Id, ParameterSampler.Draw(
                learner.Space, _random, local ? best.Parameters : null, LocalStep));
            if (_seen.Add(proposal))
                return proposal;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation)
    {
        var (proposal, loss) = observation;
        _seen.Add(proposal);
        if (loss is not { } value)
            _failures[proposal.Learner] = _failures.GetValueOrDefault(proposal.Learner) + 1;
        else if (!_best.TryGetValue(proposal.Learner, out var best) || value < best.Loss)
            _best[proposal.Learner] = (value, proposal.Parameters);
    }

    /// <summary>Draws a learner with weight 1/2^rank of its best loss; one that was never tried counts as the best.</summary>
    private TunedLearner? DrawLearner()
    {
        var ranked = _learners
            .Where(l => _best.ContainsKey(l.Id) || _failures.GetValueOrDefault(l.Id) < FailuresAllowed)
            .OrderBy(l => _best.TryGetValue(l.Id, out var best) ? best.Loss : double.NegativeInfinity)
            .ToArray();
        if (ranked.Length == 0)
            return null;
        var at = _random.NextDouble() * (2 - Math.Pow(0.5, ranked.Length - 1));
        var rank = 0;
        for (var weight = 1.0; rank < ranked.Length - 1 && at >= weight; weight /= 2, rank++)
            at -= weight;
        return ranked[rank];
    }
}
