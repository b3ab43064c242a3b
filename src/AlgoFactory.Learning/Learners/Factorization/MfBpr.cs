using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Bayesian personalized ranking (Rendle, Freudenthaler, Gantner and Schmidt-Thieme, UAI 2009): for a drawn interaction of
/// user u with item i and a drawn item j that u has not met, a step up the logarithm of the chance that i ranks above j,
/// ln σ(s_ui - s_uj). Each step hangs on the one before, so a fit runs on one thread.
/// </summary>
internal static class MfBpr
{
    private const int Draws = 8;

    /// <summary>Fits.</summary>
    public static MfFactors Fit(Interactions seen, MfSettings settings, FitContext context)
    {
        var factors = new MfFactors(seen.UserCount, seen.ItemCount, settings.Factors, 0.1f * MathF.Sqrt(settings.Factors), context.Seed);
        var random = new GaussianSource(SplitMix.Hash((ulong)context.Seed, 3));
        // In a ranking the users' bias would change nothing: its place is the 1 that the items' bias meets.
        for (var user = 0; user < seen.UserCount; user++)
        {
            random.Fill(factors.User(user)[..settings.Factors], 0.1f);
            factors.UserBias(user) = 1;
        }

        for (var item = 0; item <= seen.ItemCount; item++)
            factors.Item(item)[settings.Factors] = 0;
        var owners = new int[seen.Count];
        for (var user = 0; user < seen.UserCount; user++)
            Array.Fill(owners, user, seen.Start(user), seen.Items(user).Length);
        var draws = new SplitMix(SplitMix.Hash((ulong)context.Seed, 4));
        for (var epoch = 0; epoch < settings.Epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            var step = settings.LearningRate * (1 - 0.9f * epoch / settings.Epochs);
            for (var draw = 0; draw < seen.Count; draw++)
            {
                if (draw % 4096 == 0)
                    context.Cancellation.ThrowIfCancellationRequested();
                var at = draws.Next(seen.Count);
                var user = owners[at];
                var met = seen.Items(user);
                var other = Unmet(met, seen.ItemCount, ref draws);
                if (other >= 0)
                    Step(
                        factors.User(user)[..settings.Factors], factors.Item(met[at - seen.Start(user)]), factors.Item(other), settings.Factors,
                        step, settings.Regularization, settings.NonNegative);
            }

            context.Progress?.Report(new FitProgress(epoch + 1, settings.Epochs, null));
        }

        return factors;
    }

    /// <summary>One step: up the gradient of ln σ(x) - λ/2 |θ|², x = p · (q_i - q_j) + b_i - b_j.</summary>
    internal static void Step(
        Span<float> user, Span<float> better, Span<float> worse, int factors, float step, float decay, bool nonNegative)
    {
        var bias = factors;
        var gap = better[bias] - worse[bias];
        for (var f = 0; f < factors; f++)
            gap += user[f] * (better[f] - worse[f]);
        var pull = 1 / (1 + MathF.Exp(gap));
        for (var f = 0; f < factors; f++)
        {
            var (p, i, j) = (user[f], better[f], worse[f]);
            user[f] = p + step * (pull * (i - j) - decay * p);
            better[f] = i + step * (pull * p - decay * i);
            worse[f] = j + step * (-pull * p - decay * j);
            if (nonNegative)
                (user[f], better[f], worse[f]) = (Math.Max(0, user[f]), Math.Max(0, better[f]), Math.Max(0, worse[f]));
        }

        better[bias] += step * (pull - decay * better[bias]);
        worse[bias] += step * (-pull - decay * worse[bias]);
    }

    /// <summary>An item that the user has not met, or -1: found within a few draws unless the user met nearly all.</summary>
    internal static int Unmet(ReadOnlySpan<int> met, int items, ref SplitMix random)
    {
        for (var draw = 0; draw < Draws; draw++)
        {
            var item = random.Next(items);
            if (met.BinarySearch(item) < 0)
                return item;
        }

        return -1;
    }
}
