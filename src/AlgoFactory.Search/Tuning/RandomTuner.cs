using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Random search (Bergstra and Bengio, Random search for hyper-parameter optimization, JMLR 2012): a learner, then every
/// parameter of it, drawn evenly and without looking at what came before. The yardstick of all other tuners.
/// </summary>
public sealed class RandomTuner : ITuner
{
    private const int Attempts = 100;

    private readonly (string Id, UnitCube Cube)[] _learners;
    private readonly SplitMix64 _random;
    private readonly ProposalMemory _memory = new();

    /// <summary>Creates the tuner over those learners that have something to vary.</summary>
    public RandomTuner(IEnumerable<TunedLearner> learners, int seed)
    {
        _learners = [.. learners.Where(l => l.IsSearchable).Select(l => (l.Id, new UnitCube(l.Space)))];
        _random = new SplitMix64((ulong)seed);
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        var open = _learners.Where(l => !_memory.IsGivenUp(l.Id)).ToArray();
        for (var attempt = 0; attempt < Attempts && open.Length > 0; attempt++)
        {
            var (id, cube) = open[_random.NextInt(open.Length)];
            var proposal = new Proposal(id, cube.Decode(cube.Draw(_random), ParameterSet.Empty));
            if (_memory.Add(proposal))
                return proposal;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation) => _memory.Observe(observation);
}
