using AlgoFactory.Learning.Spaces;

namespace AlgoFactory.Search.Tuning;

/// <summary>
/// Cost-frugal search as in FLAML (Wang, Wu, Weimer and Zhu, MLSys 2021): a local search (<see cref="Flow2"/>) a learner, each
/// from its cheapest sensible setting, or from the best one observed; who goes next is drawn with a probability inverse to what
/// the learner's next improvement is estimated to cost.
/// </summary>
public sealed class CostFrugalTuner : ITuner
{
    private const int Attempts = 100;

    private readonly List<LearnerSearch> _learners;
    private readonly SplitMix64 _random;
    private readonly ProposalMemory _memory = new();

    /// <summary>Creates the tuner over those learners that have something to vary; they start in the given order.</summary>
    public CostFrugalTuner(IEnumerable<TunedLearner> learners, int seed)
    {
        _random = new SplitMix64((ulong)seed);
        _learners = [.. learners.Where(l => l.IsSearchable).Select(l => new LearnerSearch(l, _random))];
    }

    /// <inheritdoc/>
    public Proposal? Propose()
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (Choose() is not { } learner)
                return null;
            var proposal = learner.Next();
            // A step too small to change a whole number leads to a setting that is known: no progress there.
            if (_memory.Add(proposal))
                return proposal;
        }

        return null;
    }

    /// <inheritdoc/>
    public void Observe(Observation observation)
    {
        _memory.Observe(observation);
        _learners.Find(l => l.Id == observation.Proposal.Learner)?.Observe(observation);
    }

    /// <summary>The first learner that was never proposed nor observed, else one by its estimated cost of improvement.</summary>
    private LearnerSearch? Choose()
    {
        var open = _learners.Where(l => !_memory.IsGivenUp(l.Id)).ToArray();
        if (open.FirstOrDefault(l => !l.HasStarted) is { } next)
            return next;
        var best = open.Select(l => l.Best).DefaultIfEmpty(double.PositiveInfinity).Min();
        var weights = Array.ConvertAll(open, l => 1 / l.CostOfImprovement(best));
        var at = _random.NextDouble() * weights.Sum();
        for (var i = 0; i < open.Length; i++)
            if ((at -= weights[i]) < 0)
                return open[i];
        return open.LastOrDefault();
    }

    /// <summary>One learner's local search, and what it has cost and brought.</summary>
    private sealed class LearnerSearch(TunedLearner learner, SplitMix64 random)
    {
        /// <summary>Keeps a trial that took no measurable time from counting as free.</summary>
        private const double Least = 1e-6;

        private readonly Flow2 _search = new(new UnitCube(learner.Space), learner.Space.LowCost, random);
        private Proposal? _own;
        private double _before = double.PositiveInfinity;
        private double _worst = double.NegativeInfinity;
        private double _spent;
        private double _spentAtBest;
        private double _spentBefore;

        public string Id => learner.Id;

        public bool HasStarted { get; private set; }

        public double Best { get; private set; } = double.PositiveInfinity;

        public Proposal Next()
        {
            HasStarted = true;
            return _own = new Proposal(learner.Id, _search.Next());
        }

        public void Observe(Observation observation)
        {
            HasStarted = true;
            _spent += observation.Cost;
            var own = observation.Proposal == _own;
            if (own)
            {
                _search.Told(observation.Loss);
                _own = null;
            }

            if (observation.Loss is not { } loss)
                return;
            _worst = Math.Max(_worst, loss);
            if (loss >= Best)
                return;
            if (!own)
                _search.MoveTo(observation.Proposal.Parameters, loss);
            (_before, Best) = (Best, loss);
            (_spentBefore, _spentAtBest) = (_spentAtBest, _spent);
        }

        /// <summary>
        /// The paper's estimate: the next improvement takes as long as the last one did, or as the search has been without one; and a
        /// learner that is behind must first catch up, at the speed at which it has improved so far (before its first improvement:
        /// over its worst setting).
        /// </summary>
        public double CostOfImprovement(double best)
        {
            if (double.IsPositiveInfinity(Best))
                return double.MaxValue;
            var own = Math.Max(Least, Math.Max(_spent - _spentAtBest, _spentAtBest - _spentBefore));
            var gained = (double.IsPositiveInfinity(_before) ? _worst : _before) - Best;
            if (Best <= best || gained <= 0)
                return own;
            var speed = gained / Math.Max(Least, _spent - _spentBefore);
            return Math.Max(own, (Best - best) / speed);
        }
    }
}
