using System.Numerics.Tensors;
using AlgoFactory.Learning.Artefacts;
using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>A fitted matrix factorization: rows as <see cref="MfFactors"/> lays them out, whatever algorithm made them.</summary>
internal sealed class MfModel(Interactions seen, int factors, float[] users, float[] items, (float Low, float High) range) : IRecommender
{
    public const string FormatName = "mf/1";
    private const int MaxFactors = 1024;

    /// <summary>Items whose rows stay in the first-level cache while several users are scored.</summary>
    private const int CachedItems = 64;

    private readonly int _width = DotKernels.Padded(factors + 2);

    /// <inheritdoc/>
    public string Format => FormatName;

    /// <inheritdoc/>
    public int OutputWidth => 1;

    /// <inheritdoc/>
    public Interactions Seen => seen;

    /// <inheritdoc/>
    public (float Low, float High) Range => range;

    public static MfModel Read(ArtefactSection from)
    {
        var head = from.ReadJson<Head>("mf");
        if (head is not { Factors: >= 0 and <= MaxFactors, Users: >= 0, Items: >= 0 } || !(head.Low <= head.High))
            throw new ArtefactFormatException("The factorization in the model file has a wrong number of factors, users or items.");
        var width = DotKernels.Padded(head.Factors + 2);
        if ((head.Users + 1L) * width > Array.MaxLength || (head.Items + 1L) * width > Array.MaxLength)
            throw new ArtefactFormatException("The factorization in the model file is larger than an array can be.");
        var users = from.ReadArray<float>("users", (head.Users + 1) * width);
        var items = from.ReadArray<float>("items", (head.Items + 1) * width);
        if (!RecommenderGuard.AreFinite(users) || !RecommenderGuard.AreFinite(items))
            throw new ArtefactFormatException("A factor in the model file is no finite number.");
        return new MfModel(Interactions.Read(from.Section("seen"), head.Users, head.Items), head.Factors, users, items, (head.Low, head.High));
    }

    /// <inheritdoc/>
    public void Predict(FeatureBatch rows, Span<float> scores)
    {
        for (var row = 0; row < rows.RowCount; row++)
        {
            var codes = rows.Row(row);
            var user = codes.Length > 0 ? Codes.Of(codes[0], seen.UserCount) : -1;
            var item = codes.Length > 1 ? Codes.Of(codes[1], seen.ItemCount) : -1;
            scores[row] = Math.Clamp(DotKernels.Dot(User(user), Item(item)), range.Low, range.High);
        }
    }

    /// <inheritdoc/>
    public void Score(ReadOnlySpan<int> userCodes, int firstItem, Span<float> scores)
    {
        var count = scores.Length / Math.Max(1, userCodes.Length);
        for (var at = 0; at < count; at += CachedItems)
        {
            var part = Math.Min(CachedItems, count - at);
            var rows = items.AsSpan((firstItem + at) * _width, part * _width);
            for (var u = 0; u < userCodes.Length; u++)
                DotKernels.DotRows(User(userCodes[u]), rows, _width, scores.Slice(u * count + at, part));
        }
    }

    /// <inheritdoc/>
    public void Similarity(int item, Span<float> scores)
    {
        // The cosine of the factors alone: the bias says how well liked an item is, not what it is like.
        var own = Item(item)[..factors];
        for (var other = 0; other < scores.Length; other++)
            scores[other] = Cosine.Of(own, Item(other)[..factors]);
    }

    /// <inheritdoc/>
    public void Write(ArtefactSectionWriter to)
    {
        to.WriteJson("mf", new Head(factors, seen.UserCount, seen.ItemCount, range.Low, range.High));
        to.WriteArray<float>("users", users);
        to.WriteArray<float>("items", items);
        seen.Write(to.Section("seen"));
    }

    private ReadOnlySpan<float> User(int user) => users.AsSpan((user < 0 ? seen.UserCount : user) * _width, _width);

    private ReadOnlySpan<float> Item(int item) => items.AsSpan((item < 0 ? seen.ItemCount : item) * _width, _width);

    private sealed record Head(int Factors, int Users, int Items, float Low, float High);
}

/// <summary>Checks that the recommenders' readers share.</summary>
internal static class RecommenderGuard
{
    /// <summary>Whether all values are finite.</summary>
    public static bool AreFinite(ReadOnlySpan<float> values)
    {
        foreach (var value in values)
            if (!float.IsFinite(value))
                return false;
        return true;
    }
}

/// <summary>The cosine of two vectors, 0 where one of them is 0.</summary>
internal static class Cosine
{
    public static float Of(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var norms = TensorPrimitives.Norm(a) * TensorPrimitives.Norm(b);
        return norms > 0 ? TensorPrimitives.Dot(a, b) / norms : 0;
    }
}
