using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// SVD++ (Koren, "Factorization meets the neighborhood", KDD 2008): a user is its own factors plus the mean-like sum of
/// what the items it rated say of their raters, n^-½ Σ y. That sum is held through a user's steps and its gradient is
/// given to the y at the end of them, which makes a pass O(ratings × factors) and not O(n²) for a user of n ratings.
/// All users share the y, so the passes run on one thread. The model is a plain factorization: the sums are added in.
/// </summary>
internal static class MfSvdPlusPlus
{
    /// <summary>Fits.</summary>
    public static MfFactors Fit(Interactions seen, float mean, MfSettings settings, FitContext context)
    {
        var (k, width) = (settings.Factors, DotKernels.Padded(settings.Factors));
        var users = MfSgd.RandomRows(seen.UserCount, k, width, settings.NonNegative, SplitMix.Hash((ulong)context.Seed, 1));
        var items = MfSgd.RandomRows(seen.ItemCount, k, width, settings.NonNegative, SplitMix.Hash((ulong)context.Seed, 2));
        var rated = new float[seen.ItemCount * width];
        var (userBias, itemBias) = (new float[seen.UserCount], new float[seen.ItemCount]);
        var order = new int[seen.UserCount];
        for (var user = 0; user < order.Length; user++)
            order[user] = user;
        var (decay, biasDecay) = (0.01f * settings.Regularization, 0.01f * settings.BiasRegularization);
        var (sum, before) = (new float[width], new float[width]);
        for (var epoch = 0; epoch < settings.Epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            var step = settings.LearningRate * (1 - 0.9f * epoch / settings.Epochs);
            MfSgd.Shuffle(order, SplitMix.Hash((ulong)context.Seed, (ulong)epoch, 0));
            for (var at = 0; at < order.Length; at++)
            {
                if (at % 256 == 0)
                    context.Cancellation.ThrowIfCancellationRequested();
                var user = order[at];
                var met = seen.Items(user);
                if (met.IsEmpty)
                    continue;
                var scale = 1 / MathF.Sqrt(met.Length);
                Sum(rated, met, width, scale, sum);
                // The descent moves p + Σ as one vector; what it moved is p's step, and the y's by the chain rule.
                var own = users.AsSpan(user * width, width);
                DotKernels.AddScaled(1, sum, own);
                own.CopyTo(before);
                MfSgd.Descend(own, items, met, seen.Values(user), mean, ref userBias[user], itemBias, step, decay, biasDecay);
                for (var f = 0; f < width; f++)
                    before[f] = own[f] - before[f];
                DotKernels.AddScaled(-1, sum, own);
                foreach (var item in met)
                {
                    var row = rated.AsSpan(item * width, width);
                    DotKernels.AddScaled(-step * decay, row, row);
                    DotKernels.AddScaled(scale, before, row);
                }

                if (settings.NonNegative)
                    MfSgd.HoldPositive(own, items, met, width);
            }

            context.Progress?.Report(new FitProgress(epoch + 1, settings.Epochs, null));
        }

        for (var user = 0; user < seen.UserCount; user++)
        {
            var met = seen.Items(user);
            if (met.IsEmpty)
                continue;
            Sum(rated, met, width, 1 / MathF.Sqrt(met.Length), sum);
            DotKernels.AddScaled(1, sum, users.AsSpan(user * width, width));
        }

        return MfSgd.Lay(seen, k, width, users, items, userBias, itemBias, context.Seed);
    }

    private static void Sum(float[] rated, ReadOnlySpan<int> met, int width, float scale, Span<float> sum)
    {
        sum.Clear();
        foreach (var item in met)
            DotKernels.AddScaled(scale, rated.AsSpan(item * width, width), sum);
    }
}
