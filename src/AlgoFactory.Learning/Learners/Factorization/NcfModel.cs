using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// A fitted <see cref="NcfNetwork"/>. The first layer is linear in user and item, so each one's share of it is worked out
/// once: a user's row is [p, A_x x + a], an item's [q, A_y y], and a pair costs a product, the second layer and a bias.
/// </summary>
internal sealed class NcfModel : IRecommender
{
    public const string FormatName = "ncf/1";
    private const int MaxFactors = 64;
    private const int MaxHidden = 128;

    private readonly Head _head;
    private readonly float[] _users;
    private readonly float[] _items;
    private readonly float[] _itemBias;
    private readonly float[] _second;
    private readonly float[] _secondBias;
    private readonly float[] _output;
    private readonly float[] _popularity;
    private readonly int _width;

    private NcfModel(Interactions seen, Head head, float[] users, float[] items, float[] itemBias, float[] second, float[] secondBias, float[] output)
    {
        (Seen, _head, _users, _items, _itemBias) = (seen, head, users, items, itemBias);
        (_second, _secondBias, _output) = (second, secondBias, output);
        _width = head.Factors + head.Hidden;
        _popularity = Array.ConvertAll(seen.ItemCounts(), count => count / (float)Math.Max(1, seen.UserCount));
    }

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen { get; }

    /// <inheritdoc/>
    public (float Low, float High) Range => (float.MinValue, float.MaxValue);

    /// <summary>Works a trained network's rows out.</summary>
    public static NcfModel Of(NcfNetwork network, Interactions seen)
    {
        var (d, h) = (network.Factors, network.Hidden);
        var (users, items) = (new float[seen.UserCount * (d + h)], new float[seen.ItemCount * (d + h)]);
        var first = network.First(network.Dense);
        var bias = network.FirstBias(network.Dense);
        for (var user = 0; user < seen.UserCount; user++)
            Lay(network.Users, user, 0, users, first, bias);
        for (var item = 0; item < seen.ItemCount; item++)
            Lay(network.Items, item, d, items, first, []);
        // An item that is not known is taken for the least liked one, without tastes of its own.
        var lowest = seen.ItemCount == 0 ? 0 : network.ItemBias.Min();
        return new NcfModel(
            seen, new Head(d, h, seen.UserCount, seen.ItemCount), users, items, [.. network.ItemBias, lowest],
            network.Second(network.Dense).ToArray(), network.SecondBias(network.Dense).ToArray(), network.Output(network.Dense).ToArray());

        void Lay(float[] from, int row, int offset, float[] to, ReadOnlySpan<float> first, ReadOnlySpan<float> bias)
        {
            var target = to.AsSpan(row * (d + h), d + h);
            from.AsSpan(row * 2 * d, d).CopyTo(target);
            var embedding = from.AsSpan(row * 2 * d + d, d);
            for (var unit = 0; unit < h; unit++)
                target[d + unit] = DotKernels.Dot(embedding, first.Slice(unit * 2 * d + offset, d)) + (bias.IsEmpty ? 0 : bias[unit]);
        }
    }

    public static NcfModel Read(ArtefactSection from)
    {
        var head = from.ReadJson<Head>("ncf");
        if (head is not { Factors: > 0 and <= MaxFactors, Hidden: > 0 and <= MaxHidden, Users: >= 0, Items: >= 0 and < int.MaxValue }
            || head.Factors % DotKernels.Lanes != 0 || head.Hidden % (2 * DotKernels.Lanes) != 0)
            throw new ArtefactFormatException("The network in the model file has a wrong number of factors, units, users or items.");
        var width = head.Factors + head.Hidden;
        if ((long)head.Users * width > Array.MaxLength || (long)head.Items * width > Array.MaxLength)
            throw new ArtefactFormatException("The network in the model file is larger than an array can be.");
        return new NcfModel(
            Interactions.Read(from.Section("seen"), head.Users, head.Items), head,
            Finite("users", head.Users * width), Finite("items", head.Items * width), Finite("item-biases", head.Items + 1),
            Finite("second", head.Hidden / 2 * head.Hidden), Finite("second-biases", head.Hidden / 2), Finite("output", head.Hidden / 2));

        float[] Finite(string name, int length)
        {
            var values = from.ReadArray<float>(name, length);
            return RecommenderGuard.AreFinite(values)
                ? values
                : throw new ArtefactFormatException($"A weight in the model file's '{name}' is no finite number.");
        }
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        Span<float> units = stackalloc float[MaxHidden + MaxHidden / 2];
        for (var row = 0; row < rows.RowCount; row++)
        {
            var codes = rows.Row(row);
            scores[row] = Score(
                codes.Length > 0 ? Codes.Of(codes[0], Seen.UserCount) : -1, codes.Length > 1 ? Codes.Of(codes[1], Seen.ItemCount) : -1, units);
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> users, int firstItem, Span<float> scores)
    {
        Span<float> units = stackalloc float[MaxHidden + MaxHidden / 2];
        var count = scores.Length / Math.Max(1, users.Length);
        for (var u = 0; u < users.Length; u++)
            for (var i = 0; i < count; i++)
                scores[u * count + i] = Score(users[u], firstItem + i, units);
    }

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores)
    {
        var own = _items.AsSpan(item * _width, _width);
        for (var other = 0; other < scores.Length; other++)
            scores[other] = Cosine.Of(own, _items.AsSpan(other * _width, _width));
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("ncf", _head);
        to.WriteArray<float>("users", _users);
        to.WriteArray<float>("items", _items);
        to.WriteArray<float>("item-biases", _itemBias);
        to.WriteArray<float>("second", _second);
        to.WriteArray<float>("second-biases", _secondBias);
        to.WriteArray<float>("output", _output);
        Seen.Write(to.Section("seen"));
    }

    private float Score(int user, int item, Span<float> units)
    {
        if (user < 0)
            return item < 0 ? 0 : _popularity[item];
        if (item < 0)
            return _itemBias[^1];
        var (d, h) = (_head.Factors, _head.Hidden);
        var own = _users.AsSpan(user * _width, _width);
        var other = _items.AsSpan(item * _width, _width);
        var first = units[..h];
        var second = units.Slice(h, h / 2);
        for (var unit = 0; unit < h; unit++)
            first[unit] = Math.Max(0, own[d + unit] + other[d + unit]);
        NcfNetwork.Layer(first, _second, _secondBias, second);
        return DotKernels.Dot(own[..d], other[..d]) + NcfNetwork.Plain(_output, second) + _itemBias[item];
    }

    private sealed record Head(int Factors, int Hidden, int Users, int Items);
}
