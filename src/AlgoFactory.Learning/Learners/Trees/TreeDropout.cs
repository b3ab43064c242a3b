namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>
/// The weights of all rounds, and which of them a round leaves out (DART: Rashmi and Gilad-Bachrach 2015). After a round that
/// left k out, its trees and the k left out share what those k explained: at learning rate 1 the paper's 1 / (k + 1) and
/// k / (k + 1); at η the η / (k + η) and k / (k + η) of XGBoost. Without dropout every round weighs η.
/// </summary>
internal sealed class TreeDropout(DartOptions? options, double learningRate)
{
    private readonly List<double> _weights = [];

    /// <summary>Whether a round may leave earlier ones out.</summary>
    public bool IsOn => options is not null;

    /// <summary>The factor of each round's trees.</summary>
    public IReadOnlyList<double> Weights => _weights;

    /// <summary>The rounds (from 0, ascending) that the next round leaves out.</summary>
    public int[] Draw(ulong seed)
    {
        if (options is null || _weights.Count == 0 || SplitMix.Unit(SplitMix.Hash(seed, 0xD409)) < options.SkipDrop)
            return [];
        var mean = _weights.Average();
        var drawn = new List<(double Order, int Round)>();
        for (var round = 0; round < _weights.Count; round++)
        {
            var probability = options.Uniform ? options.DropRate : options.DropRate * _weights[round] / mean;
            var unit = SplitMix.Unit(SplitMix.Hash(seed, 0xD40A, (ulong)round));
            if (unit < probability)
                drawn.Add((unit / probability, round));
        }

        // Of too many those stay that were drawn most clearly.
        var most = options.MaxDrop > 0 ? options.MaxDrop : int.MaxValue;
        return [.. drawn.Order().Take(most).Select(d => d.Round).Order()];
    }

    /// <summary>Adds a round that left others out, and makes those lighter; returns the new round's weight.</summary>
    public double Add(ReadOnlySpan<int> dropped)
    {
        var shared = dropped.Length + learningRate;
        foreach (var round in dropped)
            _weights[round] *= dropped.Length / shared;
        _weights.Add(dropped.IsEmpty ? learningRate : learningRate / shared);
        return _weights[^1];
    }
}
