using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, NIPS 2011): observations are split into the good
/// ones and the rest, and of some settings drawn like the good ones the one is tried that is most likely good. The learner is
/// the tree's root: its parameters are estimated jointly (multivariate, as in Falkner, Klein and Hutter, ICML 2018) and only
/// from trials of the same learner.
/// </summary>
public sealed class TpeTuner : ITuner
{
    private const int Candidates = 24;
    private const int Attempts = 10;
    private const int MostGood = 25;

    private readonly (string Id, UnitCube Cube)[] _learners;
    private readonly SplitMix64 _random;
    private readonly RandomTuner _even;
    private readonly ProposalMemory _memory = new();
    private readonly List<(int Learner, double[] Point, double Loss)> _observed = [];
    private readonly int _startup;

    /// <summary>Creates the tuner over those learners that have something to vary.</summary>
    public TpeTuner(IReadOnlyList<TunedLearner> learners, int seed)
    {
        _learners = [.. learners.Where(l => l.IsSearchable).Select(l => (l.Id, new UnitCube(l.Space)))];
        _random = new SplitMix64((ulong)seed);
        _even = new RandomTuner(learners, SplitMix64.Derive(seed, 1));
        _startup = Math.Max(10, 3 * _learners.Length);
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        if (_observed.Count >= _startup)
            for (var attempt = 0; attempt < Attempts; attempt++)
                if (Likeliest() is { } proposal && !_memory.IsGivenUp(proposal.Learner) && _memory.Add(proposal))
                    return proposal;
        // Even draws at first, and where all that is likely was tried.
        while (_even.Propose() is { } drawn)
            if (_memory.Add(drawn))
                return drawn;
        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation)
    {
        _memory.Observe(observation);
        _even.Observe(observation);
        var learner = Array.FindIndex(_learners, l => l.Id == observation.Proposal.Learner);
        // A failed trial is as bad as can be: its surroundings are avoided.
        if (learner >= 0)
            _observed.Add((learner, _learners[learner].Cube.Encode(observation.Proposal.Parameters), observation.Loss ?? double.PositiveInfinity));
    }

    private Proposal Likeliest()
    {
        var ranked = _observed.OrderBy(o => o.Loss).ToArray();
        var good = Math.Min(MostGood, (int)Math.Ceiling(0.15 * ranked.Length));
        var (better, worse) = (Split(ranked.AsSpan(..good)), Split(ranked.AsSpan(good..)));
        var (best, likeliest) = (double.NegativeInfinity, (Learner: 0, Point: Array.Empty<double>()));
        for (var i = 0; i < Candidates; i++)
        {
            var learner = DrawLearner(better);
            var point = better[learner].Density.Draw(_random);
            var ratio = Log(better, learner, point) - Log(worse, learner, point);
            if (ratio > best)
                (best, likeliest) = (ratio, (learner, point));
        }

        var (id, cube) = _learners[likeliest.Learner];
        return new Proposal(id, cube.Decode(likeliest.Point, ParameterSet.Empty));
    }

    /// <summary>Each learner's weight among the observations (one more, so that none is impossible) and its density.</summary>
    private (double Weight, ParzenEstimator Density)[] Split(ReadOnlySpan<(int Learner, double[] Point, double Loss)> observed)
    {
        var points = Array.ConvertAll(_learners, _ => new List<double[]>());
        foreach (var (learner, point, _) in observed)
            points[learner].Add(point);
        var total = observed.Length + _learners.Length;
        return [.. points.Select((p, l) => ((p.Count + 1.0) / total, new ParzenEstimator(_learners[l].Cube, p)))];
    }

    private int DrawLearner((double Weight, ParzenEstimator Density)[] split)
    {
        var at = _random.NextDouble();
        var learner = 0;
        while (learner < split.Length - 1 && (at -= split[learner].Weight) >= 0)
            learner++;
        return learner;
    }

    private static double Log((double Weight, ParzenEstimator Density)[] split, int learner, double[] point) =>
        Math.Log(split[learner].Weight) + split[learner].Density.LogDensity(point);
}
