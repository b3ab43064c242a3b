using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Biased matrix factorization by stochastic gradient descent (Koren, Bell and Volinsky, IEEE Computer 2009). Threads
/// work on blocks that share neither a user nor an item (Gemulla et al., KDD 2011): in round r, block b of users meets
/// block (b + r) mod B of items. B depends on the data alone, so any number of threads makes the same model, without a
/// lock. A block goes user by user, in random order, so that the user's factors stay in the first-level cache; the
/// ratings are read where they lie and never copied.
/// </summary>
internal static class MfSgd
{
    private const int Blocks = 8;
    private const int SmallCount = 20_000;

    /// <summary>Fits.</summary>
    public static MfFactors Fit(Interactions seen, float mean, MfSettings settings, FitContext context)
    {
        var (k, width) = (settings.Factors, DotKernels.Padded(settings.Factors));
        var users = RandomRows(seen.UserCount, k, width, settings.NonNegative, SplitMix.Hash((ulong)context.Seed, 1));
        var items = RandomRows(seen.ItemCount, k, width, settings.NonNegative, SplitMix.Hash((ulong)context.Seed, 2));
        var (userBias, itemBias) = (new float[seen.UserCount], new float[seen.ItemCount]);
        var blocks = seen.Count < SmallCount ? 1 : Blocks;
        var userBounds = Bounds(UserCounts(seen), blocks);
        var itemBounds = Bounds(seen.ItemCounts(), blocks);
        var order = new int[seen.UserCount];
        for (var user = 0; user < order.Length; user++)
            order[user] = user;

        for (var epoch = 0; epoch < settings.Epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            var step = settings.LearningRate * (1 - 0.9f * epoch / settings.Epochs);
            var (decay, biasDecay) = (0.01f * settings.Regularization, 0.01f * settings.BiasRegularization);
            for (var round = 0; round < blocks; round++)
                Parallel.For(0, blocks, context.ParallelOptions, block =>
                {
                    var part = order.AsSpan(userBounds[block]..userBounds[block + 1]);
                    if (round == 0)
                        Shuffle(part, SplitMix.Hash((ulong)context.Seed, (ulong)epoch, (ulong)block));
                    var other = (block + round) % blocks;
                    foreach (var user in part)
                    {
                        Between(seen, user, itemBounds[other], itemBounds[other + 1], out var met, out var ratings);
                        if (met.IsEmpty)
                            continue;
                        Descend(
                            users.AsSpan(user * width, width), items, met, ratings, mean, ref userBias[user], itemBias, step, decay, biasDecay);
                        if (settings.NonNegative)
                            HoldPositive(users.AsSpan(user * width, width), items, met, width);
                    }
                });
            context.Progress?.Report(new FitProgress(epoch + 1, settings.Epochs, null));
        }

        return Lay(seen, k, width, users, items, userBias, itemBias, context.Seed);
    }

    /// <summary>Lays rows and biases out as a model has them.</summary>
    internal static MfFactors Lay(
        Interactions seen, int k, int width, float[] users, float[] items, float[] userBias, float[] itemBias, int seed)
    {
        var factors = new MfFactors(seen.UserCount, seen.ItemCount, k, 0, seed);
        for (var user = 0; user < seen.UserCount; user++)
        {
            users.AsSpan(user * width, k).CopyTo(factors.User(user));
            factors.UserBias(user) = userBias[user];
        }

        for (var item = 0; item < seen.ItemCount; item++)
        {
            items.AsSpan(item * width, k).CopyTo(factors.Item(item));
            factors.ItemBias(item) = itemBias[item];
        }

        return factors;
    }

    /// <summary>
    /// One user's steps over some of its items: error e = rating - (mean + biases + p · q), then p += step (e q - decay p),
    /// q += step (e p - decay q), and the biases alike. The one hot loop: its twin is in the tests.
    /// </summary>
    internal static void Descend(
        Span<float> user, float[] items, ReadOnlySpan<int> met, ReadOnlySpan<float> ratings, float mean,
        ref float userBias, float[] itemBias, float step, float decay, float biasDecay)
    {
        var width = user.Length;
        ref var p = ref MemoryMarshal.GetReference(user);
        ref var rows = ref MemoryMarshal.GetArrayDataReference(items);
        var keep = Vector256.Create(1 - step * decay);
        for (var i = 0; i < met.Length; i++)
        {
            ref var q = ref Unsafe.Add(ref rows, (nint)met[i] * width);
            ref var bias = ref itemBias[met[i]];
            var error = ratings[i] - mean - userBias - bias - DotKernels.Dot(ref p, ref q, width);
            userBias += step * (error - biasDecay * userBias);
            bias += step * (error - biasDecay * bias);
            var pull = Vector256.Create(step * error);
            for (nuint f = 0; f < (nuint)width; f += DotKernels.Lanes)
            {
                var (a, b) = (Vector256.LoadUnsafe(ref p, f), Vector256.LoadUnsafe(ref q, f));
                Vector256.FusedMultiplyAdd(pull, b, keep * a).StoreUnsafe(ref p, f);
                Vector256.FusedMultiplyAdd(pull, a, keep * b).StoreUnsafe(ref q, f);
            }
        }
    }

    /// <summary>Rows of random factors, padded with zeros (which stay zeros: nothing pulls at them).</summary>
    internal static float[] RandomRows(int count, int factors, int width, bool nonNegative, ulong seed)
    {
        var rows = new float[count * width];
        var random = new GaussianSource(seed);
        for (var row = 0; row < count; row++)
        {
            var values = rows.AsSpan(row * width, factors);
            random.Fill(values, 0.1f);
            if (nonNegative)
                foreach (ref var value in values)
                    value = Math.Abs(value);
        }

        return rows;
    }

    internal static void Shuffle(Span<int> order, ulong seed)
    {
        var random = new SplitMix(seed);
        for (var i = order.Length - 1; i > 0; i--)
        {
            var j = random.Next(i + 1);
            (order[i], order[j]) = (order[j], order[i]);
        }
    }

    internal static void HoldPositive(Span<float> user, float[] items, ReadOnlySpan<int> met, int width)
    {
        foreach (ref var value in user)
            value = Math.Max(0, value);
        foreach (var item in met)
            foreach (ref var value in items.AsSpan(item * width, width))
                value = Math.Max(0, value);
    }

    private static int[] UserCounts(Interactions seen)
    {
        var counts = new int[seen.UserCount];
        for (var user = 0; user < counts.Length; user++)
            counts[user] = seen.Items(user).Length;
        return counts;
    }

    /// <summary>Bounds of blocks of about equal counts.</summary>
    private static int[] Bounds(int[] counts, int blocks)
    {
        var (bounds, total, sum, block) = (new int[blocks + 1], counts.Sum(c => (long)c), 0L, 1);
        for (var i = 0; i < counts.Length; i++)
        {
            sum += counts[i];
            while (block < blocks && sum * blocks >= total * block)
                bounds[block++] = i + 1;
        }

        while (block <= blocks)
            bounds[block++] = counts.Length;
        return bounds;
    }

    /// <summary>A user's interactions with items from <paramref name="from"/> to before <paramref name="end"/>, which lie side by side.</summary>
    private static void Between(Interactions seen, int user, int from, int end, out ReadOnlySpan<int> met, out ReadOnlySpan<float> ratings)
    {
        var items = seen.Items(user);
        var (first, last) = (Lower(items, from), Lower(items, end));
        met = items[first..last];
        ratings = seen.Values(user)[first..last];
    }

    /// <summary>How many of the ascending items lie below one.</summary>
    private static int Lower(ReadOnlySpan<int> items, int item)
    {
        var at = items.BinarySearch(item);
        return at < 0 ? ~at : at;
    }
}
