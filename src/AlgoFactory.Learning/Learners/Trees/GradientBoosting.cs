using System.Collections.Concurrent;
using System.Collections.Immutable;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>Stochastic gradient boosting (Friedman 2001, 2002): each round fits one tree an output to the loss's derivatives.</summary>
internal sealed class GradientBoosting
{
    private const int GradientRows = 16_384;

    private readonly TrainingSet _data;
    private readonly BoostingOptions _options;
    private readonly FitContext _context;
    private readonly Workers _workers;
    private readonly BinnedMatrix _matrix;
    private readonly int _width;
    private readonly ulong _seed;
    private readonly TargetSpace _target;
    private readonly IObjective _objective;
    private readonly LabelledRows _rows;
    private readonly RawScores _scores;
    private readonly GradientPair[][] _pairs;
    private readonly RowSampler _sampler;
    private readonly TreeDropout _dropout;
    private readonly List<Tree[]> _rounds = [];
    private readonly ConcurrentBag<TreeGrower> _growers = [];

    private GradientBoosting(TrainingSet data, BinnedMatrix matrix, int width, IObjective objective, BoostingOptions options, FitContext context)
    {
        _data = data;
        _options = options;
        _context = context;
        _workers = new Workers(context.MaxThreads, context.Cancellation);
        _seed = SeedOf(context);
        _matrix = matrix;
        _width = width;
        _target = TargetSpace.Of(data, objective, options);
        _objective = _target.Objective;
        _rows = _target.Rows(data, "training");
        _scores = new RawScores(data.RowCount, _target.StartScores(data), _matrix, new MatrixBins(_matrix), _workers);
        _pairs = new GradientPair[objective.Outputs][];
        for (var k = 0; k < _pairs.Length; k++)
            _pairs[k] = new GradientPair[data.RowCount];
        _sampler = new RowSampler(options, data.RowCount, _workers);
        _dropout = new TreeDropout(options.Dart, options.LearningRate);
    }

    /// <summary>Fits a model and tells the number of rounds it kept.</summary>
    public static (GbdtModel Model, int Rounds) Fit(TrainingSet data, IObjective objective, BoostingOptions options, FitContext context)
    {
        var workers = new Workers(context.MaxThreads, context.Cancellation);
        var matrix = Binner.Bin(data.Features, data.FeatureInfos, data.Weights, options.Binning with { Seed = SeedOf(context) }, workers);
        return Fit(data, matrix, data.Features.Width, objective, options, context);
    }

    /// <summary>The same for rows that are binned already: of <paramref name="data"/> the features are not looked at.</summary>
    /// <param name="data">Labels, weights and the rows for early stopping.</param>
    /// <param name="matrix">The rows.</param>
    /// <param name="width">Features, those without a place in the matrix too.</param>
    /// <param name="objective">The loss.</param>
    /// <param name="options">How boosting goes on.</param>
    /// <param name="context">Seed, threads, deadline.</param>
    public static (GbdtModel Model, int Rounds) Fit(
        TrainingSet data, BinnedMatrix matrix, int width, IObjective objective, BoostingOptions options, FitContext context) =>
        new GradientBoosting(data, matrix, width, objective, options, context).Run();

    private static ulong SeedOf(FitContext context) => SplitMix.Hash((ulong)context.Seed, 0x6762);

    private (GbdtModel Model, int Rounds) Run()
    {
        var validation = _data.Validation is { RowCount: > 0 } rows
            ? new RawScores(rows.RowCount, _target.StartScores(rows), _matrix, new BatchBins(_matrix, rows.Features, _workers), _workers)
            : null;
        var stopping = validation is null
            ? null
            : new EarlyStopping(_data.Validation!, _data.StoppingMetric, _target, validation, _options.Patience, _options.MinDelta);
        double[]? bestWeights = null;
        for (var round = 1; round <= _options.Rounds; round++)
        {
            if (!Round(round, validation))
                break;
            var stop = stopping?.Observe(round) ?? false;
            // Later rounds make earlier ones lighter where trees drop out: the best round keeps the weights that it had.
            if (stopping?.BestRound == round && _dropout.IsOn)
                bestWeights = [.. _dropout.Weights];
            _context.Progress?.Report(new FitProgress(round, _options.Rounds, stopping?.LastLoss));
            // A round without a split would be followed by others just like it, unless rows, features or trees are drawn anew.
            var exhausted = Array.TrueForAll(_rounds[^1], t => t.NodeCount == 1) && _options.FeatureFraction >= 1 && !_sampler.DrawsAnew && !_dropout.IsOn;
            if (stop || exhausted || _context.IsOverdue)
                break;
        }

        var kept = stopping is { BestRound: > 0 } ? stopping.BestRound : _rounds.Count;
        return (Assemble(kept, bestWeights ?? _dropout.Weights), kept);
    }

    /// <summary>
    /// Grows a round's trees. False, and there are none, when time is up before the first of them has begun; the first round
    /// is always grown. Trees that run out of time while they grow stay as they are: each of their leaves is a valid step.
    /// </summary>
    private bool Round(int round, RawScores? validation)
    {
        var seed = SplitMix.Hash(_seed, (ulong)round);
        var dropped = _dropout.Draw(seed);
        var before = Array.ConvertAll(dropped, d => _dropout.Weights[d]);
        for (var i = 0; i < dropped.Length; i++)
            _scores.Add(_rounds[dropped[i]], -before[i]);
        Gradients();
        if (round > 1 && _context.IsOverdue)
            return false;
        var drawn = _sampler.Draw(round, seed, _pairs);
        var weight = _dropout.Add(dropped);
        var trees = new Tree[_objective.Outputs];
        if (trees.Length == 1 || _workers.Threads == 1)
        {
            for (var k = 0; k < trees.Length; k++)
                trees[k] = Grow(round, k, drawn, seed, weight, _workers);
        }
        else
        {
            // Trees of one round are independent of each other: a thread each, and growing sees one thread.
            var alone = new Workers(1, _context.Cancellation);
            _workers.For(trees.Length, k => trees[k] = Grow(round, k, drawn, seed, weight, alone));
        }

        validation?.Add(trees, weight);
        for (var i = 0; i < dropped.Length; i++)
        {
            _scores.Add(_rounds[dropped[i]], _dropout.Weights[dropped[i]]);
            validation?.Add(_rounds[dropped[i]], _dropout.Weights[dropped[i]] - before[i]);
        }

        _rounds.Add(trees);
        return true;
    }

    /// <summary>Ranges of rows, or of queries where a range must hold whole ones.</summary>
    private void Gradients()
    {
        if (_rows.GroupStarts.IsEmpty)
        {
            _workers.Ranges(_rows.Count, GradientRows, (start, end) => _objective.Gradients(_scores.Values, _rows, start, end, _pairs));
            return;
        }

        var groups = _rows.GroupStarts.Length - 1;
        var together = Math.Max(1, (int)((long)GradientRows * groups / _rows.Count));
        _workers.Ranges(groups, together, (first, last) =>
            _objective.Gradients(_scores.Values, _rows, _rows.GroupStarts.Span[first], _rows.GroupStarts.Span[last], _pairs));
    }

    private Tree Grow(int round, int output, int[]? rows, ulong roundSeed, double weight, Workers workers)
    {
        var seed = SplitMix.Hash(roundSeed, (ulong)output + 1);
        var grower = _growers.TryTake(out var idle) ? idle : new TreeGrower(_matrix, _options.Growth, workers, () => _context.IsOverdue);
        var criterion = new GradientCriterion(_pairs[output], _options.Growth);
        var tree = grower.Grow(criterion, rows, Features(seed), seed, out var leaves);
        LeafRenewal.Renew(
            _objective, tree, leaves, grower, _rows.Labels, _scores.Values.AsMemory(output * _rows.Count, _rows.Count), _pairs[output],
            _options.Growth.MaxDeltaStep, workers);
        if (!Array.TrueForAll(tree.Values, float.IsFinite))
            throw new LearningException(
                $"Objective '{_objective.Name}' led to leaf values that are not finite in round {round}; labels or weights are too large, or its derivatives are wrong.");
        UpdateScores(output, tree, weight, grower, leaves, rows, workers);
        _growers.Add(grower);
        return tree;
    }

    private void UpdateScores(int output, Tree tree, double weight, TreeGrower grower, List<LeafRows> leaves, int[]? rows, Workers workers)
    {
        var offset = output * _rows.Count;
        workers.For(leaves.Count, i =>
        {
            var value = (float)(tree.Values[leaves[i].Leaf] * weight);
            foreach (var row in grower.Rows(leaves[i]).Span)
                _scores.Values[offset + row] += value;
        });
        // Rows that the round did not draw find their leaves by their bins.
        if (rows is not null)
            _scores.Add(output, tree, weight, without: rows, workers);
    }

    private int[] Features(ulong seed)
    {
        var all = Enumerable.Range(0, _matrix.Features.Length).ToArray();
        if (_options.FeatureFraction >= 1 || all.Length < 2)
            return all;
        var keys = Array.ConvertAll(all, f => SplitMix.Hash(seed, ~(ulong)f));
        Array.Sort(keys, all);
        Array.Resize(ref all, Math.Max(1, (int)Math.Round(all.Length * _options.FeatureFraction)));
        Array.Sort(all);
        return all;
    }

    private GbdtModel Assemble(int rounds, IReadOnlyList<double> weights)
    {
        var kept = ImmutableArray.CreateBuilder<Tree>(rounds * _objective.Outputs);
        for (var round = 0; round < rounds; round++)
        {
            foreach (var tree in _rounds[round])
            {
                foreach (ref var value in tree.Values.AsSpan())
                    value = (float)Math.Clamp(value * weights[round] * _target.Scale, float.MinValue, float.MaxValue);
                kept.Add(tree);
            }
        }

        var trees = kept.ToImmutable();
        var ensemble = new TreeEnsemble(_width, _objective.Outputs, 1, trees, TreeEnsemble.CategoryMaps(trees, _matrix));
        return new GbdtModel(ensemble, [.. _target.BaseScores], _objective.Link);
    }
}
