using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Alternating least squares on ratings (Zhou et al., AAIM 2008): with the items held, each user's factors and bias are
/// one small ridge problem, and the other way round. Every problem is solved alone, so threads cannot change the result.
/// O(ratings × factors² + (users + items) × factors³) a pass.
/// </summary>
internal static class MfAls
{
    private const int Chunk = 32;

    /// <summary>Fits.</summary>
    public static MfFactors Fit(Interactions seen, float mean, MfSettings settings, FitContext context)
    {
        var byItem = seen.Transpose();
        var factors = new MfFactors(seen.UserCount, seen.ItemCount, settings.Factors, 0.1f, context.Seed);
        if (settings.NonNegative)
            for (var item = 0; item < seen.ItemCount; item++)
                foreach (ref var value in factors.Item(item)[..settings.Factors])
                    value = Math.Abs(value);
        var k = settings.Factors;
        for (var epoch = 0; epoch < settings.Epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            // Users first: of an item's row [factors, 1, bias] the first k + 1 values are what a user's [factors, bias] meet.
            Solve(seen, (user, problem, solution) =>
            {
                var items = seen.Items(user);
                var ratings = seen.Values(user);
                for (var i = 0; i < items.Length; i++)
                    problem.Add(factors.Item(items[i])[..(k + 1)], ratings[i] - mean - factors.ItemBias(items[i]));
                Finish(problem, items.Length, factors.User(user)[..(k + 1)], settings);
            });
            Solve(byItem, (item, problem, row) =>
            {
                var users = byItem.Items(item);
                var ratings = byItem.Values(item);
                for (var i = 0; i < users.Length; i++)
                {
                    factors.User(users[i])[..k].CopyTo(row);
                    row[k] = 1;
                    problem.Add(row, ratings[i] - mean - factors.UserBias(users[i]));
                }

                factors.Item(item)[..k].CopyTo(row);
                row[k] = factors.ItemBias(item);
                Finish(problem, users.Length, row, settings);
                row[..k].CopyTo(factors.Item(item));
                factors.ItemBias(item) = row[k];
            });
            context.Progress?.Report(new FitProgress(epoch + 1, settings.Epochs, null));
        }

        return factors;

        void Solve(Interactions rows, Solver solve) =>
            Parallel.For(0, (rows.UserCount + Chunk - 1) / Chunk, context.ParallelOptions, () => new NormalEquations(k + 1), (chunk, _, problem) =>
            {
                Span<float> scratch = stackalloc float[k + 1];
                for (var row = chunk * Chunk; row < Math.Min(rows.UserCount, (chunk + 1) * Chunk); row++)
                {
                    problem.Clear();
                    solve(row, problem, scratch);
                }

                return problem;
            }, _ => { });
    }

    private static void Finish(NormalEquations problem, int count, Span<float> solution, MfSettings settings)
    {
        problem.Regularize(settings.Penalty(settings.Regularization, count), settings.Penalty(settings.BiasRegularization, count));
        if (settings.NonNegative)
            problem.SolveNonNegative(solution, settings.Factors);
        else
            problem.Solve(solution);
    }

    private delegate void Solver(int row, NormalEquations problem, Span<float> scratch);
}
