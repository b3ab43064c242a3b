using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace AlgoFactory.Learning.Learners.Trees;

/// <summary>How a forest is grown.</summary>
/// <param name="Trees">Trees.</param>
/// <param name="Bootstrap">Whether each tree draws as many rows as there are, with repetition; else it sees all.</param>
/// <param name="Binning">How features are cut into bins.</param>
/// <param name="Growth">How a tree grows.</param>
internal sealed record ForestOptions(int Trees, bool Bootstrap, BinningOptions Binning, GrowthOptions Growth);

/// <summary>
/// Grows many independent trees, a thread each: random forests (Breiman 2001) and, with random thresholds, extremely
/// randomised trees (Geurts et al. 2006).
/// </summary>
internal sealed class RandomForest
{
    private readonly TrainingSet _data;
    private readonly ForestOptions _options;
    private readonly FitContext _context;
    private readonly Workers _alone;
    private readonly BinnedMatrix _matrix;
    private readonly ulong _seed;
    private readonly int[] _features;
    private readonly double _center;
    private readonly double _scale;
    private readonly ConcurrentBag<TreeGrower> _growers = [];

    private RandomForest(TrainingSet data, ForestOptions options, FitContext context)
    {
        _data = data;
        _options = options;
        _context = context;
        _alone = new Workers(1, context.Cancellation);
        _seed = SplitMix.Hash((ulong)context.Seed, 0x7266);
        _matrix = Binner.Bin(
            data.Features, data.FeatureInfos, data.Weights, options.Binning with { Seed = _seed }, new Workers(context.MaxThreads, context.Cancellation));
        _features = [.. Enumerable.Range(0, _matrix.Features.Length)];
        // Single-precision sums of squares need targets near 0 and 1.
        (_center, _scale) = data.Task.Kind == TaskKind.Regression ? TargetScale.Of(data) : (0, 1);
    }

    /// <summary>
    /// Grows a forest. Past the deadline no further tree is begun, and trees in growth are left out, unless there is no whole one.
    /// </summary>
    public static ForestModel Fit(TrainingSet data, ForestOptions options, FitContext context) =>
        new RandomForest(data, options, context).Run();

    private ForestModel Run()
    {
        var trees = new (Tree? Tree, bool WasCut)[_options.Trees];
        var done = 0;
        new Workers(_context.MaxThreads, _context.Cancellation).For(trees.Length, t =>
        {
            if (t > 0 && _context.IsOverdue)
                return;
            trees[t] = Grow(t);
            _context.Progress?.Report(new FitProgress(Interlocked.Increment(ref done), trees.Length, null));
        });
        // A tree that was cut short has one side grown and the other not: beside whole trees it would only blur them.
        var some = trees.Any(t => t is { Tree: not null, WasCut: false });
        var grown = trees.Where(t => t.Tree is not null && !(some && t.WasCut)).Select(t => t.Tree!).ToImmutableArray();
        var outputs = _data.Task.OutputWidth;
        return new ForestModel(new TreeEnsemble(
            _data.Features.Width, outputs, outputs, grown, TreeEnsemble.CategoryMaps(grown, _matrix)));
    }

    private (Tree Tree, bool WasCut) Grow(int number)
    {
        var seed = SplitMix.Hash(_seed, (ulong)number + 1);
        var weights = RowWeights(seed);
        var rows = Enumerable.Range(0, weights.Length).Where(r => weights[r] > 0).ToArray();
        var grower = _growers.TryTake(out var idle) ? idle : new TreeGrower(_matrix, _options.Growth, _alone, () => _context.IsOverdue);
        var tree = grower.Grow(Criterion(weights), rows, _features, seed, out _);
        var wasCut = grower.WasCut;
        _growers.Add(grower);
        for (var leaf = 0; leaf < tree.Values.Length && _data.Task.Kind == TaskKind.Regression; leaf++)
            tree.Values[leaf] = (float)(tree.Values[leaf] * _scale + _center);
        return (tree, wasCut);
    }

    private ITreeCriterion Criterion(float[] weights)
    {
        var labels = _data.Labels.Span;
        if (_data.Task.Kind == TaskKind.Multiclass)
            return new ClassCriterion(Array.ConvertAll(labels.ToArray(), l => (int)l), weights, _data.Task.Classes.Length, _options.Growth);
        // For two classes coded 0 and 1 the variance's reduction is half the Gini impurity's.
        var pairs = new GradientPair[labels.Length];
        for (var i = 0; i < pairs.Length; i++)
            pairs[i] = new GradientPair(-(float)((labels[i] - _center) / _scale) * weights[i], weights[i]);
        return new GradientCriterion(pairs, _options.Growth);
    }

    private float[] RowWeights(ulong seed)
    {
        var weights = new float[_data.RowCount];
        if (_options.Bootstrap)
        {
            var random = new SplitMix(seed);
            for (var i = 0; i < weights.Length; i++)
                weights[random.Next(weights.Length)]++;
        }
        else
        {
            Array.Fill(weights, 1);
        }

        for (var i = 0; i < weights.Length && !_data.Weights.IsEmpty; i++)
            weights[i] *= _data.Weights.Span[i];
        return weights;
    }
}
