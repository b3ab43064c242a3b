using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;

namespace AlgoFactory.Learning.Recommending;

/// <summary>
/// Which user met which item, and how: for each user the items' codes ascending, each once, with a value (the rating, or
/// how often). Compressed sparse rows: 8 bytes an interaction. Immutable.
/// </summary>
public sealed class Interactions
{
    private readonly int[] _starts;
    private readonly int[] _items;
    private readonly float[] _values;

    private Interactions(int itemCount, int[] starts, int[] items, float[] values)
    {
        ItemCount = itemCount;
        _starts = starts;
        _items = items;
        _values = values;
    }

    /// <summary>Users (rows).</summary>
    public int UserCount => _starts.Length - 1;

    /// <summary>Items (columns).</summary>
    public int ItemCount { get; }

    /// <summary>Interactions.</summary>
    public int Count => _starts[^1];

    /// <summary>Where a user's interactions begin among all of them; <see cref="UserCount"/> gives the end.</summary>
    public int Start(int user) => _starts[user];

    /// <summary>The items that a user met, ascending; none for a user that is not known.</summary>
    public ReadOnlySpan<int> Items(int user) =>
        (uint)user < (uint)UserCount ? _items.AsSpan(_starts[user], _starts[user + 1] - _starts[user]) : [];

    /// <summary>The values of <see cref="Items"/>.</summary>
    public ReadOnlySpan<float> Values(int user) =>
        (uint)user < (uint)UserCount ? _values.AsSpan(_starts[user], _starts[user + 1] - _starts[user]) : [];

    /// <summary>All values, user after user.</summary>
    public ReadOnlySpan<float> AllValues => _values.AsSpan(0, Count);

    /// <summary>How many interactions each item has.</summary>
    public int[] ItemCounts()
    {
        var counts = new int[ItemCount];
        foreach (var item in _items.AsSpan(0, Count))
            counts[item]++;
        return counts;
    }

    /// <summary>
    /// Collects a training set's rows: column 0 is the user's code, column 1 the item's. Rows without a known user and
    /// item, and rows of weight 0, are left out. A pair that is there more than once counts once: with the mean of its
    /// ratings, or, where rows have no rating, with their number. O(n log n of a user).
    /// </summary>
    /// <param name="data">The rows.</param>
    /// <param name="rated">Whether the labels are ratings; else every row counts 1.</param>
    public static Interactions Of(TrainingSet data, bool rated)
    {
        var (users, itemCount) = (Cardinality(data, 0), Cardinality(data, 1));
        var starts = new int[users + 1];
        var labels = data.Labels.Span;
        for (var row = 0; row < data.RowCount; row++)
            if (Pair(data, row, users, itemCount, out var user, out _))
                starts[user + 1]++;
        for (var user = 0; user < users; user++)
            starts[user + 1] += starts[user];
        var (items, values) = (new int[starts[users]], new float[starts[users]]);
        var next = starts.AsSpan(0, users).ToArray();
        for (var row = 0; row < data.RowCount; row++)
            if (Pair(data, row, users, itemCount, out var user, out var item))
                (items[next[user]], values[next[user]++]) = (item, rated ? labels[row] : 1);
        for (var user = 0; user < users; user++)
            items.AsSpan(starts[user]..starts[user + 1]).Sort(values.AsSpan(starts[user]..starts[user + 1]));
        return Merge(itemCount, starts, items, values, rated);
    }

    /// <summary>The same interactions with users and items changed over: for each item the users that met it, ascending.</summary>
    public Interactions Transpose()
    {
        var starts = new int[ItemCount + 1];
        foreach (var item in _items.AsSpan(0, Count))
            starts[item + 1]++;
        for (var item = 0; item < ItemCount; item++)
            starts[item + 1] += starts[item];
        var (users, values) = (new int[Count], new float[Count]);
        var next = starts.AsSpan(0, ItemCount).ToArray();
        for (var user = 0; user < UserCount; user++)
            for (var at = _starts[user]; at < _starts[user + 1]; at++)
            {
                var to = next[_items[at]]++;
                (users[to], values[to]) = (user, _values[at]);
            }

        return new Interactions(UserCount, starts, users, values);
    }

    /// <summary>Writes the interactions, for <see cref="Read"/>.</summary>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteArray<int>("starts", _starts);
        to.WriteArray<int>("items", _items.AsSpan(0, Count));
        to.WriteArray<float>("values", AllValues);
    }

    /// <summary>Reads interactions from a model file, trusting nothing.</summary>
    /// <exception cref="ArtefactFormatException">They are broken.</exception>
    public static Interactions Read(ArtefactSection from, int userCount, int itemCount)
    {
        var starts = from.ReadArray<int>("starts", userCount + 1);
        var items = from.ReadArray<int>("items");
        var values = from.ReadArray<float>("values", items.Length);
        var sound = starts[0] == 0 && starts[^1] == items.Length;
        for (var user = 0; sound && user < userCount; user++)
            sound = starts[user] <= starts[user + 1];
        for (var user = 0; sound && user < userCount; user++)
            for (var at = starts[user]; sound && at < starts[user + 1]; at++)
                sound = (uint)items[at] < (uint)itemCount && (at == starts[user] || items[at - 1] < items[at]) && float.IsFinite(values[at]);
        return sound
            ? new Interactions(itemCount, starts, items, values)
            : throw new ArtefactFormatException("The interactions in the model file are not ascending items of each user.");
    }

    private static int Cardinality(TrainingSet data, int column) =>
        column < data.FeatureInfos.Length && data.FeatureInfos[column].Kind == FeatureKind.Categorical ? data.FeatureInfos[column].Cardinality : 0;

    private static bool Pair(TrainingSet data, int row, int users, int items, out int user, out int item)
    {
        (user, item) = (-1, -1);
        if (users == 0 || items == 0 || (!data.Weights.IsEmpty && !(data.Weights.Span[row] > 0)))
            return false;
        var codes = data.Features.Row(row);
        (user, item) = (Codes.Of(codes[0], users), Codes.Of(codes[1], items));
        return user >= 0 && item >= 0;
    }

    private static Interactions Merge(int itemCount, int[] starts, int[] items, float[] values, bool rated)
    {
        var to = 0;
        for (var user = 0; user < starts.Length - 1; user++)
        {
            var (from, end) = (starts[user], starts[user + 1]);
            starts[user] = to;
            while (from < end)
            {
                var (item, sum, count) = (items[from], 0.0, 0);
                for (; from < end && items[from] == item; from++, count++)
                    sum += values[from];
                (items[to], values[to++]) = (item, (float)(rated ? sum / count : sum));
            }
        }

        starts[^1] = to;
        // A copy beside the arrays would be the most that a fit holds; a few repeated pairs are not worth it.
        return 2L * to >= items.Length
            ? new Interactions(itemCount, starts, items, values)
            : new Interactions(itemCount, starts, items[..to], values[..to]);
    }
}

/// <summary>Codes of users and items as a feature batch holds them.</summary>
internal static class Codes
{
    /// <summary>The code that a feature stands for, or -1: missing, unknown, or no code at all.</summary>
    public static int Of(float feature, int count) => feature >= 0 && feature < count ? (int)feature : -1;

    /// <summary>The codes of a column of a batch; -1 where there is none.</summary>
    public static int[] OfColumn(FeatureBatch rows, int column, int count)
    {
        var codes = new int[rows.RowCount];
        for (var row = 0; row < codes.Length; row++)
            codes[row] = column < rows.DenseWidth ? Of(rows.Row(row)[column], count) : -1;
        return codes;
    }
}
