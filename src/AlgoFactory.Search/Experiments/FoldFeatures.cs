using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning;
using AlgoFactory.Learning.Features;
using AlgoFactory.Search.Tuning;

namespace AlgoFactory.Search.Experiments;

/// <summary>A fold's rows as features: the training set carries the validation part for early stopping.</summary>
/// <param name="Pipeline">Fitted on the fold's training rows alone.</param>
/// <param name="Train">The training rows; <see cref="TrainingSet.Validation"/> are the validation rows.</param>
public sealed record FoldSet(FeaturePipeline Pipeline, TrainingSet Train);

/// <summary>
/// Makes each fold's features once for each kind of need and keeps them, so that trials do not featurize again.
/// Nothing of a fold's validation rows reaches its pipeline. Thread-safe.
/// </summary>
public sealed class FoldFeatures
{
    /// <summary>What is kept at most, whatever memory there is.</summary>
    public const long MostCacheBytes = 2L << 30;

    private readonly ExperimentData _data;
    private readonly TaskSpec _task;
    private readonly int _seed;
    private readonly Dictionary<(int Fold, FeatureNeeds Needs), Slot> _slots = [];
    private readonly long _cacheBytes;
    private long _cachedBytes;

    /// <summary>Creates the empty cache over a plan.</summary>
    public FoldFeatures(ExperimentData data, TaskSpec task, FoldPlan plan, int seed, long cacheBytes = MostCacheBytes)
    {
        _cacheBytes = cacheBytes;
        _data = data;
        _task = task;
        _seed = seed;
        Plan = plan;
        var (_, labels, weights) = ValidationTable();
        var offsets = ImmutableArray.CreateBuilder<int>(plan.Folds.Length + 1);
        offsets.Add(0);
        foreach (var fold in plan.Folds)
            offsets.Add(offsets[^1] + fold.Validation.Length);
        ValidationOffsets = offsets.MoveToImmutable();
        ImmutableArray<int> rows = [.. plan.Folds.SelectMany(f => f.Validation)];
        ValidationLabels = Pick(labels, rows);
        ValidationWeights = Pick(weights, rows);
    }

    /// <summary>The splits.</summary>
    public FoldPlan Plan { get; }

    /// <summary>The validation rows' labels, fold after fold.</summary>
    public ReadOnlyMemory<float> ValidationLabels { get; }

    /// <summary>The validation rows' weights, fold after fold; empty: all 1.</summary>
    public ReadOnlyMemory<float> ValidationWeights { get; }

    /// <summary>Where each fold's validation rows begin, and the end.</summary>
    public ImmutableArray<int> ValidationOffsets { get; }

    /// <summary>The features of a fold.</summary>
    public FoldSet Get(int fold, FeatureNeeds needs, int maxThreads, CancellationToken cancellation)
    {
        Slot slot;
        lock (_slots)
        {
            if (!_slots.TryGetValue((fold, needs), out slot!))
                _slots.Add((fold, needs), slot = new Slot());
        }

        lock (slot)
        {
            if (slot.Set is { } kept)
                return kept;
            var made = Make(fold, needs, maxThreads, cancellation);
            var bytes = Bytes(made.Train) + Bytes(made.Train.Validation!);
            if (Interlocked.Add(ref _cachedBytes, bytes) <= _cacheBytes)
                slot.Set = made;
            else
                Interlocked.Add(ref _cachedBytes, -bytes);
            return made;
        }
    }

    /// <summary>A fold's validation rows as they are.</summary>
    public Frame ValidationRows(int fold) => TakeRows(ValidationTable().Frame, Plan.Folds[fold].Validation);

    private FoldSet Make(int fold, FeatureNeeds needs, int maxThreads, CancellationToken cancellation)
    {
        var (trainRows, validationRows) = Plan.Folds[fold];
        var (pipeline, train) = FitAll(
            TakeRows(_data.Train, trainRows), Pick(_data.TrainLabels, trainRows), Pick(_data.TrainWeights, trainRows),
            needs, SplitMix64.Derive(_seed, fold), maxThreads, cancellation);
        var (frame, labels, weights) = ValidationTable();
        var validation = train with
        {
            Features = pipeline.Transform(TakeRows(frame, validationRows)),
            Labels = Pick(labels, validationRows),
            Weights = Pick(weights, validationRows),
        };
        return new FoldSet(pipeline, train with { Validation = validation });
    }

    /// <summary>All training rows as features, for the final fit.</summary>
    public FoldSet MakeWhole(FeatureNeeds needs, int maxThreads, CancellationToken cancellation)
    {
        var (pipeline, train) = FitAll(_data.Train, _data.TrainLabels, _data.TrainWeights, needs, SplitMix64.Derive(_seed, -1), maxThreads, cancellation);
        return new FoldSet(pipeline, train);
    }

    private (FeaturePipeline Pipeline, TrainingSet Train) FitAll(
        Frame frame, ReadOnlyMemory<float> labels, ReadOnlyMemory<float> weights,
        FeatureNeeds needs, int seed, int maxThreads, CancellationToken cancellation)
    {
        var input = new FeaturizerInput(frame, _task, labels, weights);
        var (pipeline, features) = FeaturePipeline.FitTransform(input, _data.Schema, needs, FitContext.Create(seed, maxThreads, cancellation));
        return (pipeline, new TrainingSet
        {
            Task = _task,
            FeatureInfos = pipeline.DenseFeatures,
            Features = features,
            Labels = labels,
            Weights = weights,
        });
    }

    private (Frame Frame, ReadOnlyMemory<float> Labels, ReadOnlyMemory<float> Weights) ValidationTable() =>
        Plan.IsExternal && _data.Validation is { } own ? own : (_data.Train, _data.TrainLabels, _data.TrainWeights);

    private static Frame TakeRows(Frame frame, ImmutableArray<int> rows) =>
        rows.Length == frame.RowCount ? frame : frame.Take(rows.AsSpan());

    private static ReadOnlyMemory<float> Pick(ReadOnlyMemory<float> values, ImmutableArray<int> rows)
    {
        if (values.IsEmpty)
            return default;
        var picked = new float[rows.Length];
        var from = values.Span;
        for (var i = 0; i < picked.Length; i++)
            picked[i] = from[rows[i]];
        return picked;
    }

    private static long Bytes(TrainingSet set) =>
        4L * set.Features.Dense.Length + 8L * (set.Features.Sparse?.Count ?? 0) + 8L * set.RowCount + 4L * (set.Features.Tokens?.Count ?? 0) +
        // Decoded images are the table's own; those that were made of numbers are not.
        (set.Features.Images is { Size.Channels: 1 } made ? (long)set.RowCount * made.Size.Length : 0);

    private sealed class Slot
    {
        public FoldSet? Set { get; set; }
    }
}
