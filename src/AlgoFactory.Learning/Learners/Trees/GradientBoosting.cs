using System.Collections.Concurrent;
using System.Collections.Immutable;
using AlgoFactory.Learning.Objectives;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How boosting goes on.</summary>
internal sealed record BoostingOptions
{
    public required int Rounds { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Share of rows that each round's trees are grown on.</summary>
    public double BaggingFraction { get; init; } = 1;

    /// <summary>Share of features that each tree looks at.</summary>
    public double FeatureFraction { get; init; } = 1;

    /// <summary>Rounds without a better validation value before boosting stops.</summary>
    public int Patience { get; init; } = 50;

    public required GrowthOptions Growth { get; init; }

    public required BinningOptions Binning { get; init; }
}

/// <summary>Stochastic gradient boosting (Friedman 2001, 2002): each round fits one tree an output to the loss's derivatives.</summary>
internal sealed class GradientBoosting
{
    private const int GradientRows = 16_384;

    private readonly TrainingSet _data;
    private readonly IObjective _objective;
    private readonly BoostingOptions _options;
    private readonly FitContext _context;
    private readonly Workers _workers;
    private readonly BinnedMatrix _matrix;
    private readonly int _width;
    private readonly ulong _seed;
    private readonly ReadOnlyMemory<float> _labels;
    private readonly float[] _scores;
    private readonly double[] _base;
    private readonly (double Center, double Scale) _target;
    private readonly GradientPair[][] _pairs;
    private readonly ConcurrentBag<TreeGrower> _growers = [];
    private readonly TreeWalker _walker;

    private GradientBoosting(TrainingSet data, BinnedMatrix matrix, int width, IObjective objective, BoostingOptions options, FitContext context)
    {
        _data = data;
        _objective = objective;
        _options = options;
        _context = context;
        _workers = new Workers(context.MaxThreads, context.Cancellation);
        _seed = SeedOf(context);
        _matrix = matrix;
        _width = width;
        _walker = new TreeWalker(_matrix);

        _target = objective.ScalesWithTarget ? TargetScale.Of(data) : (0, 1);
        _labels = objective.ScalesWithTarget ? Scaled(data.Labels.Span) : data.Labels;
        _base = new double[objective.Outputs];
        objective.BaseScores(_labels.Span, data.Weights.Span, _base);
        _scores = new float[(long)data.RowCount * objective.Outputs];
        for (var k = 0; k < objective.Outputs; k++)
            _scores.AsSpan(k * data.RowCount, data.RowCount).Fill((float)_base[k]);
        _pairs = new GradientPair[objective.Outputs][];
        for (var k = 0; k < _pairs.Length; k++)
            _pairs[k] = new GradientPair[data.RowCount];
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

    private float[] Scaled(ReadOnlySpan<float> labels)
    {
        var scaled = new float[labels.Length];
        for (var i = 0; i < scaled.Length; i++)
            scaled[i] = (float)((labels[i] - _target.Center) / _target.Scale);
        return scaled;
    }

    private (GbdtModel Model, int Rounds) Run()
    {
        var stopping = _data.Validation is { RowCount: > 0 } validation
            ? new EarlyStopping(validation, _data.StoppingMetric, _objective, _walker, _workers, _options.Patience, _base, _target)
            : null;
        var trees = new List<Tree>();
        for (var round = 1; round <= _options.Rounds; round++)
        {
            var grown = Round(round);
            trees.AddRange(grown);
            var stop = stopping?.Observe(round, grown) ?? false;
            _context.Progress?.Report(new FitProgress(round, _options.Rounds, stopping?.LastLoss));
            // A round without a split would be followed by others just like it, unless rows or features are drawn anew.
            var exhausted = grown.All(t => t.NodeCount == 1) && _options is { BaggingFraction: >= 1, FeatureFraction: >= 1 };
            if (stop || exhausted || _context.IsOverdue)
                break;
        }

        var kept = trees.Count / _objective.Outputs;
        if (stopping is { BestRound: > 0 })
            kept = stopping.BestRound;
        return (Assemble(trees.Take(kept * _objective.Outputs)), kept);
    }

    private Tree[] Round(int round)
    {
        _workers.Ranges(_data.RowCount, GradientRows, (start, end) =>
            _objective.Gradients(_scores, _labels.Span, _data.Weights.Span, start, end, _pairs));
        var seed = SplitMix.Hash(_seed, (ulong)round);
        var rows = Rows(seed);
        var trees = new Tree[_objective.Outputs];
        if (trees.Length == 1 || _workers.Threads == 1)
        {
            for (var k = 0; k < trees.Length; k++)
                trees[k] = Grow(k, rows, seed, _workers);
        }
        else
        {
            // Trees of one round are independent of each other: a thread each, and growing sees one thread.
            var alone = new Workers(1, _context.Cancellation);
            _workers.For(trees.Length, k => trees[k] = Grow(k, rows, seed, alone));
        }

        return trees;
    }

    private Tree Grow(int output, int[]? rows, ulong roundSeed, Workers workers)
    {
        var seed = SplitMix.Hash(roundSeed, (ulong)output + 1);
        var grower = _growers.TryTake(out var idle) ? idle : new TreeGrower(_matrix, _options.Growth, workers, () => _context.IsOverdue);
        var criterion = new GradientCriterion(_pairs[output], _options.Growth);
        var tree = grower.Grow(criterion, rows, Features(seed), seed, out var leaves);
        for (var leaf = 0; leaf < tree.Values.Length; leaf++)
            tree.Values[leaf] = (float)(tree.Values[leaf] * _options.LearningRate);
        UpdateScores(output, tree, grower, leaves, rows, workers);
        _growers.Add(grower);
        return tree;
    }

    private void UpdateScores(int output, Tree tree, TreeGrower grower, List<LeafRows> leaves, int[]? rows, Workers workers)
    {
        var offset = output * _data.RowCount;
        workers.For(leaves.Count, i =>
        {
            var value = tree.Values[leaves[i].Leaf];
            foreach (var row in grower.Rows(leaves[i]).Span)
                _scores[offset + row] += value;
        });
        if (rows is null)
            return;
        // Rows that the round did not draw find their leaves by their bins.
        workers.Ranges(_data.RowCount, GradientRows, (start, end) =>
        {
            var drawn = Array.BinarySearch(rows, start);
            drawn = drawn < 0 ? ~drawn : drawn;
            for (var row = start; row < end; row++)
            {
                if (drawn < rows.Length && rows[drawn] == row)
                    drawn++;
                else
                    _scores[offset + row] += tree.Values[_walker.Leaf(tree, row)];
            }
        });
    }

    private int[]? Rows(ulong seed)
    {
        if (_options.BaggingFraction >= 1)
            return null;
        var rows = new List<int>((int)(_data.RowCount * _options.BaggingFraction) + 1);
        for (var row = 0; row < _data.RowCount; row++)
            if (SplitMix.Unit(SplitMix.Hash(seed, (ulong)row)) < _options.BaggingFraction)
                rows.Add(row);
        return rows.Count > 0 ? [.. rows] : null;
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

    private GbdtModel Assemble(IEnumerable<Tree> trees)
    {
        var kept = trees.ToImmutableArray();
        foreach (var tree in kept)
            for (var leaf = 0; leaf < tree.Values.Length; leaf++)
                tree.Values[leaf] = (float)Math.Clamp(tree.Values[leaf] * _target.Scale, float.MinValue, float.MaxValue);
        var ensemble = new TreeEnsemble(_width, _objective.Outputs, 1, kept, TreeEnsemble.CategoryMaps(kept, _matrix));
        return new GbdtModel(ensemble, [.. _base.Select(b => b * _target.Scale + _target.Center)], _objective.Link);
    }
}
