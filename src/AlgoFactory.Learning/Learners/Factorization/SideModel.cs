using System.Collections.Immutable;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// A recommender with what is told of its users and items beside who met what. In a rating, an item that the model does
/// not know gets, beside the user's bias, what its features were worth on the known ones: one effect a level, by ridge
/// regression of what the model without the item leaves over; a user likewise. Items' features are kept, to filter by.
/// </summary>
internal sealed class SideModel : IRecommender
{
    public const string FormatName = "side-features/1";
    private const int MaxFeatures = 100;
    private const int Sweeps = 5;

    /// <summary>The ridge penalty of a level's effect: as many rows of doubt.</summary>
    private const float Damping = 10;

    private readonly Head _head;
    private readonly int[] _itemCodes;
    private readonly float[] _effects;
    private readonly int[] _starts;

    private SideModel(IRecommender inner, Head head, int[] itemCodes, float[] effects)
    {
        (Inner, _head, _itemCodes, _effects) = (inner, head, itemCodes, effects);
        _starts = new int[head.Levels.Length + 1];
        for (var f = 0; f < head.Levels.Length; f++)
            _starts[f + 1] = _starts[f] + head.Levels[f];
    }

    /// <summary>The model of users and items alone.</summary>
    public IRecommender Inner { get; }

    /// <summary>Features of items.</summary>
    public int ItemFeatures => _head.ItemFeatures;

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen => Inner.Seen;

    /// <inheritdoc/>
    public (float Low, float High) Range => Inner.Range;

    /// <summary>Adds what a training set tells of its users and items; the model itself where it tells nothing.</summary>
    public static IRecommender Wrap(IRecommender model, TrainingSet data)
    {
        if (data.Task.Columns is not { } columns || columns.FeatureCount == 0 || data.FeatureInfos.Length < 2 + columns.FeatureCount)
            return model;
        ImmutableArray<int> levels = [.. data.FeatureInfos.Skip(2).Take(columns.FeatureCount).Select(f => f.Cardinality)];
        var head = new Head(model.Format, columns.ItemFeatures.Length, levels);
        var made = new SideModel(model, head, ItemCodes(model.Seen.ItemCount, data, head), new float[data.Task.Kind == TaskKind.Rating ? levels.Sum() : 0]);
        if (made._effects.Length > 0)
        {
            made.FitEffects(data, unknown: 1, 0, head.ItemFeatures);
            made.FitEffects(data, unknown: 0, head.ItemFeatures, levels.Length);
        }

        return made;
    }

    public static SideModel Read(ArtefactSection from)
    {
        var head = from.ReadJson<Head>("side");
        if (head.Levels.IsDefault || head.Levels.Length is < 1 or > MaxFeatures || head.ItemFeatures < 0 || head.ItemFeatures > head.Levels.Length
            || head.Levels.Any(l => l < 0) || head.Levels.Sum(l => (long)l) > Array.MaxLength || head.Inner == FormatName)
            throw new ArtefactFormatException("The side features in the model file have a wrong number of features or levels.");
        if (RecommenderFormats.Find(head.Inner)?.Invoke(from.Section("model")) is not IRecommender inner)
            throw new ArtefactFormatException("The recommender in the model file is of a format that this program does not know.");
        if ((long)inner.Seen.ItemCount * head.ItemFeatures > Array.MaxLength)
            throw new ArtefactFormatException("The side features in the model file are larger than an array can be.");
        var codes = from.ReadArray<int>("items", inner.Seen.ItemCount * head.ItemFeatures);
        for (var i = 0; i < codes.Length; i++)
            if (codes[i] < -1 || codes[i] >= head.Levels[i % head.ItemFeatures])
                throw new ArtefactFormatException("A feature of an item in the model file has a level that there is not.");
        var effects = from.ReadArray<float>("effects");
        if ((effects.Length > 0 && effects.Length != head.Levels.Sum()) || !RecommenderGuard.AreFinite(effects))
            throw new ArtefactFormatException("The effects of side features in the model file are not one finite number a level.");
        return new SideModel(inner, head, codes, effects);
    }

    /// <summary>An item's level of a feature; -1 where none is known.</summary>
    public int ItemLevel(int item, int feature) => _itemCodes[item * ItemFeatures + feature];

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        Inner.Predict(rows, scores);
        if (_effects.Length == 0 || rows.DenseWidth < 2 + _head.Levels.Length)
            return;
        for (var row = 0; row < rows.RowCount; row++)
        {
            var codes = rows.Row(row);
            var more = 0f;
            if (Codes.Of(codes[1], Seen.ItemCount) < 0)
                more += Effect(codes, 0, ItemFeatures);
            if (Codes.Of(codes[0], Seen.UserCount) < 0)
                more += Effect(codes, ItemFeatures, _head.Levels.Length);
            if (more != 0)
                scores[row] = Math.Clamp(scores[row] + more, Range.Low, Range.High);
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores) => Inner.Score(users, firstItem, scores);

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores) => Inner.Similarity(item, scores);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("side", _head);
        to.WriteArray<int>("items", _itemCodes);
        to.WriteArray<float>("effects", _effects);
        Inner.Write(to.Section("model"));
    }

    private float Effect(ReadOnlySpan<float> codes, int from, int end)
    {
        var sum = 0f;
        for (var f = from; f < end; f++)
            if (Codes.Of(codes[2 + f], _head.Levels[f]) is >= 0 and var level)
                sum += _effects[_starts[f] + level];
        return sum;
    }

    /// <summary>
    /// Fits the effects of some features to what is left of the labels when column <paramref name="unknown"/> (user or
    /// item) is not known: backfitting, one feature after the other. O(rows × features) a sweep.
    /// </summary>
    private void FitEffects(TrainingSet data, int unknown, int from, int end)
    {
        if (from == end)
            return;
        var (rows, width) = (data.RowCount, data.Features.DenseWidth);
        var blind = data.Features.Dense.ToArray();
        for (var row = 0; row < rows; row++)
            blind[row * width + unknown] = float.NaN;
        var rest = new float[rows];
        Inner.Predict(new FeatureBatch(rows, width, blind), rest);
        var labels = data.Labels.Span;
        var weights = data.Weights.Span;
        for (var row = 0; row < rows; row++)
            rest[row] = labels[row] - rest[row];
        for (var sweep = 0; sweep < Sweeps; sweep++)
            for (var f = from; f < end; f++)
            {
                var (sums, counts) = (new double[_head.Levels[f]], new double[_head.Levels[f]]);
                for (var row = 0; row < rows; row++)
                {
                    var level = Codes.Of(data.Features.Row(row)[2 + f], _head.Levels[f]);
                    var weight = weights.IsEmpty ? 1 : weights[row];
                    if (level < 0 || !(weight > 0))
                        continue;
                    sums[level] += weight * (rest[row] + _effects[_starts[f] + level]);
                    counts[level] += weight;
                }

                for (var level = 0; level < sums.Length; level++)
                    sums[level] /= counts[level] + Damping;
                for (var row = 0; row < rows; row++)
                    if (Codes.Of(data.Features.Row(row)[2 + f], _head.Levels[f]) is >= 0 and var level)
                        rest[row] += _effects[_starts[f] + level] - (float)sums[level];
                for (var level = 0; level < sums.Length; level++)
                    _effects[_starts[f] + level] = (float)sums[level];
            }
    }

    /// <summary>Each item's levels: those of its first row that has one.</summary>
    private static int[] ItemCodes(int items, TrainingSet data, Head head)
    {
        var codes = new int[items * head.ItemFeatures];
        Array.Fill(codes, -1);
        for (var row = 0; row < data.RowCount; row++)
        {
            var features = data.Features.Row(row);
            if (Codes.Of(features[1], items) is >= 0 and var item && (data.Weights.IsEmpty || data.Weights.Span[row] > 0))
                for (var f = 0; f < head.ItemFeatures; f++)
                    if (codes[item * head.ItemFeatures + f] < 0)
                        codes[item * head.ItemFeatures + f] = Codes.Of(features[2 + f], head.Levels[f]);
        }

        return codes;
    }

    private sealed record Head(string Inner, int ItemFeatures, ImmutableArray<int> Levels);
}
