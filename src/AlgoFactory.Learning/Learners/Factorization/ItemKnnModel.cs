using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Items with their nearest neighbours. A rating is the biases plus the mean of what the user thought of the neighbours
/// beyond its biases, weighted by likeness; a rank is the sum of the likenesses of the neighbours that the user met.
/// </summary>
internal sealed class ItemKnnModel(Interactions seen, RatingBiases biases, int[] codes, float[] weights, bool rated) : IRecommender
{
    public const string FormatName = "item-knn/1";
    private const int MaxNeighbors = 500;

    private readonly int _neighbors = seen.ItemCount == 0 ? 0 : codes.Length / seen.ItemCount;
    private readonly (float Low, float High) _range = RangeOf(seen, biases, rated);

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen => seen;

    /// <inheritdoc/>
    public (float Low, float High) Range => _range;

    public static ItemKnnModel Read(ArtefactSection from)
    {
        var head = from.ReadJson<Head>("item-knn");
        if (head is not { Users: >= 0, Items: >= 0, Neighbors: >= 0 and <= MaxNeighbors } || (long)head.Items * head.Neighbors > Array.MaxLength)
            throw new ArtefactFormatException("The neighbours in the model file have a wrong number of users, items or neighbours.");
        var codes = from.ReadArray<int>("codes", head.Items * head.Neighbors);
        var weights = from.ReadArray<float>("weights", codes.Length);
        var biases = new RatingBiases(head.Mean, from.ReadArray<float>("user-biases", head.Users), from.ReadArray<float>("item-biases", head.Items));
        if (!float.IsFinite(head.Mean) || !RecommenderGuard.AreFinite(weights) || !RecommenderGuard.AreFinite(biases.Users) || !RecommenderGuard.AreFinite(biases.Items))
            throw new ArtefactFormatException("A likeness or bias in the model file is no finite number.");
        if (codes.Length > 0 && (codes.Min() < 0 || codes.Max() >= head.Items))
            throw new ArtefactFormatException("A neighbour in the model file is no item.");
        return new ItemKnnModel(Interactions.Read(from.Section("seen"), head.Users, head.Items), biases, codes, weights, head.Rated);
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            var features = rows.Row(row);
            var user = features.Length > 0 ? Codes.Of(features[0], seen.UserCount) : -1;
            var item = features.Length > 1 ? Codes.Of(features[1], seen.ItemCount) : -1;
            scores[row] = Math.Clamp(Combine(user, item, item < 0 ? default : Merge(user, item)), _range.Low, _range.High);
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores)
    {
        var count = scores.Length / Math.Max(1, users.Length);
        for (var u = 0; u < users.Length; u++)
            for (var i = 0; i < count; i++)
                scores[u * count + i] = Combine(users[u], firstItem + i, Merge(users[u], firstItem + i));
    }

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores)
    {
        scores.Clear();
        for (var n = item * _neighbors; n < (item + 1) * _neighbors; n++)
            if (weights[n] > 0)
                scores[codes[n]] = weights[n];
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("item-knn", new Head(seen.UserCount, seen.ItemCount, _neighbors, biases.Mean, rated));
        to.WriteArray<int>("codes", codes);
        to.WriteArray<float>("weights", weights);
        to.WriteArray<float>("user-biases", biases.Users);
        to.WriteArray<float>("item-biases", biases.Items);
        seen.Write(to.Section("seen"));
    }

    /// <summary>
    /// What a user's items add up to as neighbours of one: likenesses times deviations from the biases, and likenesses.
    /// Both lists ascend, so the shorter one looks its items up in what is left of the longer one.
    /// </summary>
    private (float Pull, float Likeness) Merge(int user, int item)
    {
        var met = seen.Items(user);
        var values = seen.Values(user);
        var near = codes.AsSpan(item * _neighbors, _neighbors);
        var likeness = weights.AsSpan(item * _neighbors, _neighbors);
        var (pull, total, at) = (0f, 0f, 0);
        for (var n = 0; n < near.Length; n++)
        {
            if (!(likeness[n] > 0))
                continue;
            at = Seek(met, at, near[n]);
            if (at == met.Length)
                break;
            if (met[at] != near[n])
                continue;
            pull += likeness[n] * (rated ? values[at] - biases.Score(user, near[n]) : 1);
            total += likeness[n];
        }

        return (pull, total);
    }

    /// <summary>The first place from <paramref name="at"/> on whose item is not below one: by doubling steps, then by halves.</summary>
    private static int Seek(ReadOnlySpan<int> met, int at, int item)
    {
        var step = 1;
        while (at + step < met.Length && met[at + step] < item)
            step <<= 1;
        var found = met[at..Math.Min(met.Length, at + step + 1)].BinarySearch(item);
        return at + (found < 0 ? ~found : found);
    }

    private float Combine(int user, int item, (float Pull, float Likeness) near)
    {
        if (rated)
            return biases.Score(user, item) + (near.Likeness > 0 ? near.Pull / near.Likeness : 0);
        return user < 0 ? biases.Score(-1, item) : near.Pull;
    }

    private static (float Low, float High) RangeOf(Interactions seen, RatingBiases biases, bool rated)
    {
        if (!rated)
            return (float.MinValue, float.MaxValue);
        var (low, high) = seen.Count == 0 ? (biases.Mean, biases.Mean) : (float.MaxValue, float.MinValue);
        foreach (var rating in seen.AllValues)
            (low, high) = (Math.Min(low, rating), Math.Max(high, rating));
        return (low, high);
    }

    private sealed record Head(int Users, int Items, int Neighbors, float Mean, bool Rated);
}
