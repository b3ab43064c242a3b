using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// The vectors of users and items while they are learned. A user's row is [factors, bias, 1], an item's [factors, 1, bias],
/// padded with zeros: so a score is one product of two rows, and ranking items is a plain search for the largest product
/// (Bachrach et al., "Speeding up the Xbox recommender system", RecSys 2014).
/// </summary>
internal sealed class MfFactors
{
    /// <summary>Makes rows: items with small random factors, users with none, all biases 0.</summary>
    public MfFactors(int userCount, int itemCount, int factors, float scale, int seed)
    {
        Factors = factors;
        Width = DotKernels.Padded(factors + 2);
        // One more row each, for users and items that are not known.
        Users = new float[(userCount + 1) * Width];
        Items = new float[(itemCount + 1) * Width];
        var random = new GaussianSource((ulong)seed);
        for (var item = 0; item < itemCount; item++)
            random.Fill(Item(item)[..factors], scale / MathF.Sqrt(factors));
        for (var user = 0; user <= userCount; user++)
            User(user)[factors + 1] = 1;
        for (var item = 0; item <= itemCount; item++)
            Item(item)[factors] = 1;
    }

    /// <summary>Factors of a row.</summary>
    public int Factors { get; }

    /// <summary>Values of a row.</summary>
    public int Width { get; }

    /// <summary>The users' rows, and one for a user that is not known.</summary>
    public float[] Users { get; }

    /// <summary>The items' rows, and one for an item that is not known.</summary>
    public float[] Items { get; }

    /// <summary>A user's row.</summary>
    public Span<float> User(int user) => Users.AsSpan(user * Width, Width);

    /// <summary>An item's row.</summary>
    public Span<float> Item(int item) => Items.AsSpan(item * Width, Width);

    /// <summary>A user's bias.</summary>
    public ref float UserBias(int user) => ref Users[user * Width + Factors];

    /// <summary>An item's bias.</summary>
    public ref float ItemBias(int item) => ref Items[item * Width + Factors + 1];

    /// <summary>
    /// Turns ratings' factors into a model: the mean goes into every item's bias, so that an unknown user gets mean + item
    /// bias, an unknown item mean + user bias.
    /// </summary>
    public MfModel ToRatingModel(Interactions seen, float mean)
    {
        for (var item = 0; item <= seen.ItemCount; item++)
            ItemBias(item) += mean;
        var (low, high) = seen.Count == 0 ? (mean, mean) : (float.MaxValue, float.MinValue);
        foreach (var rating in seen.AllValues)
            (low, high) = (Math.Min(low, rating), Math.Max(high, rating));
        return new MfModel(seen, Factors, Users, Items, (low, high));
    }

    /// <summary>
    /// Turns ranking factors into a model. Popularity stands where an item's bias does, and only a user that is not known
    /// has a 1 there: such a user gets the most popular items.
    /// </summary>
    public MfModel ToRankingModel(Interactions seen)
    {
        var counts = seen.ItemCounts();
        for (var user = 0; user < seen.UserCount; user++)
            User(user)[Factors + 1] = 0;
        for (var item = 0; item < seen.ItemCount; item++)
            ItemBias(item) = counts[item] / (float)Math.Max(1, seen.UserCount);
        return new MfModel(seen, Factors, Users, Items, (float.MinValue, float.MaxValue));
    }
}

/// <summary>Normally distributed numbers (Box and Muller 1958), the same for a seed everywhere.</summary>
internal sealed class GaussianSource(ulong seed)
{
    private Trees.SplitMix _random = new(seed);

    /// <summary>Fills with numbers of mean 0.</summary>
    public void Fill(Span<float> values, float deviation)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - Trees.SplitMix.Unit(_random.Next())));
            var (sin, cos) = Math.SinCos(2 * Math.PI * Trees.SplitMix.Unit(_random.Next()));
            values[i] = deviation * (float)(radius * cos);
            if (i + 1 < values.Length)
                values[i + 1] = deviation * (float)(radius * sin);
        }
    }
}
