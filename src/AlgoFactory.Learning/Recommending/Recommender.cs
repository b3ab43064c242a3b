using System.Collections.Frozen;
using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Factorization;

namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// A predictor as a recommender: its members' blend, and the names behind the codes. Immutable and thread-safe.
/// </summary>
public sealed class Recommender
{
    private readonly FeaturePipeline _pipeline;
    private readonly FrozenDictionary<string, int> _users;
    private readonly FrozenDictionary<string, int> _items;

    /// <summary>Reads a predictor's members and names.</summary>
    /// <exception cref="LearningException">It is no recommender, or its members do not know the same users and items.</exception>
    public Recommender(Predictor predictor)
    {
        if (predictor.Task.Columns is not { } columns || predictor.Members.Any(m => m.Model is not IRecommender))
            throw new LearningException("The model is no recommender: train one with --task recommend.");
        Columns = columns;
        _pipeline = predictor.Members[0].Pipeline;
        var users = CodesOf(predictor, _pipeline, columns.User, 0);
        var items = CodesOf(predictor, _pipeline, columns.Item, 1);
        foreach (var member in predictor.Members.Skip(1))
            if (!CodesOf(predictor, member.Pipeline, columns.User, 0).AsSpan().SequenceEqual(users)
                || !CodesOf(predictor, member.Pipeline, columns.Item, 1).AsSpan().SequenceEqual(items))
                throw new LearningException("The model's members know different users or items, so that they cannot recommend together.");
        Model = predictor.Members.Length == 1
            ? (IRecommender)predictor.Members[0].Model
            : new BlendedRecommender([.. predictor.Members.Select(m => ((IRecommender)m.Model, (float)m.Weight))]);
        (UserNames, _users) = Names(Levels(predictor, columns.User), users, Model.Seen.UserCount);
        (ItemNames, _items) = Names(Levels(predictor, columns.Item), items, Model.Seen.ItemCount);
        ItemFeatures = predictor.Members[0].Model is SideModel side
            ? [.. columns.ItemFeatures.Take(side.ItemFeatures).Select((name, f) => FeatureOf(predictor, side, name, f))]
            : [];
    }

    /// <summary>The columns that name users and items.</summary>
    public RecommendColumns Columns { get; }

    /// <summary>The members as one model.</summary>
    public IRecommender Model { get; }

    /// <summary>The users' names by code: the one with the most rows first.</summary>
    public ImmutableArray<string> UserNames { get; }

    /// <summary>The items' names by code: the one with the most rows first.</summary>
    public ImmutableArray<string> ItemNames { get; }

    /// <summary>What columns tell of the items; empty where none were named in training.</summary>
    public ImmutableArray<ItemFeature> ItemFeatures { get; }

    /// <summary>Marks the items that have one of the named levels in each of the named columns.</summary>
    /// <exception cref="LearningException">The model keeps no such column.</exception>
    public bool[] Where(IEnumerable<KeyValuePair<string, ImmutableArray<string>>> columns)
    {
        var items = new bool[ItemNames.Length];
        Array.Fill(items, true);
        foreach (var (name, values) in columns)
        {
            var feature = ItemFeatures.FirstOrDefault(f => f.Name == name) ?? throw new LearningException(
                $"The model keeps no column '{name}' of its items; {(ItemFeatures.IsEmpty ? "none was named in training (--item-features)" : $"it keeps {string.Join(", ", ItemFeatures.Select(f => f.Name))}")}.");
            feature.Keep(items, values);
        }

        return items;
    }

    /// <summary>A user's code; -1: not known.</summary>
    public int UserOf(string? name) => name is not null && _users.TryGetValue(name, out var code) ? code : -1;

    /// <summary>An item's code; -1: not known.</summary>
    public int ItemOf(string? name) => name is not null && _items.TryGetValue(name, out var code) ? code : -1;

    /// <summary>The ranks of rows' items for their users; see <see cref="HeldOutRanks"/>.</summary>
    public ReadOnlySpan<float> RanksOf(Frame rows)
    {
        var ranks = new float[rows.RowCount];
        HeldOutRanks.Of(Model, _pipeline.Transform(rows), ranks);
        return ranks;
    }

    /// <summary>The codes of rows' users; -1: not known.</summary>
    public int[] UsersOf(Frame rows) => Codes.OfColumn(_pipeline.Transform(rows), 0, Model.Seen.UserCount);

    private static ImmutableArray<string> Levels(Predictor predictor, string column) => predictor.Schema.Find(column)?.Levels
        ?? throw new LearningException($"The model's schema lacks its column '{column}'.");

    /// <summary>A pipeline's codes for all levels of a column: what it makes of a table with a row for each.</summary>
    private static int[] CodesOf(Predictor predictor, FeaturePipeline pipeline, string column, int feature)
    {
        var levels = Levels(predictor, column);
        if (pipeline.DenseFeatures.Length < 2)
            throw new LearningException("The model's members do not read users and items.");
        var rows = new FrameBuilder(predictor.InputColumns, levels.Length);
        for (var level = 0; level < levels.Length; level++)
            rows.EndRow();
        var blank = rows.Build();
        var frame = new Frame(levels.Length,
            [.. blank.Columns.Select(c => c.Name == column ? new CategoryColumn(column, [.. Enumerable.Range(0, levels.Length)], levels) : c)]);
        return Codes.OfColumn(pipeline.Transform(frame), feature, pipeline.DenseFeatures[feature].Cardinality);
    }

    private static ItemFeature FeatureOf(Predictor predictor, SideModel side, string column, int feature)
    {
        var (levels, codes) = (Levels(predictor, column), CodesOf(predictor, predictor.Members[0].Pipeline, column, 2 + feature));
        var names = new string[codes.Length == 0 ? 0 : codes.Max() + 1];
        for (var level = 0; level < levels.Length; level++)
            if (codes[level] >= 0)
                names[codes[level]] = levels[level];
        var ofItems = new int[side.Seen.ItemCount];
        for (var item = 0; item < ofItems.Length; item++)
            ofItems[item] = side.ItemLevel(item, feature) is var level && level < names.Length ? level : -1;
        return new ItemFeature(column, [.. names], [.. ofItems]);
    }

    private static (ImmutableArray<string> ByCode, FrozenDictionary<string, int> Codes) Names(ImmutableArray<string> levels, int[] codes, int count)
    {
        var names = new string[count];
        var known = new Dictionary<string, int>(count, StringComparer.Ordinal);
        for (var level = 0; level < levels.Length; level++)
            if ((uint)codes[level] < (uint)count)
                known[names[codes[level]] = levels[level]] = codes[level];
        return names.AsSpan().Contains(null)
            ? throw new LearningException("A user or an item of the model has no name.")
            : ([.. names], known.ToFrozenDictionary(StringComparer.Ordinal));
    }
}

/// <summary>Several recommenders as one: the weighted mean of their scores.</summary>
internal sealed class BlendedRecommender(ImmutableArray<(IRecommender Model, float Weight)> members) : IRecommender
{
    /// <inheritdoc/>
    public string Format => "blend";

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen => members[0].Model.Seen;

    /// <inheritdoc/>
    public (float Low, float High) Range => (members.Min(m => m.Model.Range.Low), members.Max(m => m.Model.Range.High));

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        var part = new float[scores.Length];
        scores.Clear();
        foreach (var (model, weight) in members)
        {
            model.Predict(rows, part);
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(part, weight, scores, scores);
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores) =>
        Blend(scores, (model, users, part) => model.Score(users, firstItem, part), users);

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores) => Blend(scores, (model, _, part) => model.Similarity(item, part), []);

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to) => throw new NotSupportedException("A blend is stored as its members.");

    private void Blend(Span<float> scores, Scorer scorer, ReadOnlySpan<int> users)
    {
        var part = System.Buffers.ArrayPool<float>.Shared.Rent(scores.Length);
        scores.Clear();
        foreach (var (model, weight) in members)
        {
            scorer(model, users, part.AsSpan(0, scores.Length));
            System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(part.AsSpan(0, scores.Length), weight, scores, scores);
        }

        System.Buffers.ArrayPool<float>.Shared.Return(part);
    }

    private delegate void Scorer(IRecommender model, ReadOnlySpan<int> users, Span<float> part);
}
