using AlgoFactory.Learning.Recommending;

namespace AlgoFactory.Learning.Learners.Factorization;

/// <summary>
/// Implicit alternating least squares (Hu, Koren and Volinsky, ICDM 2008) in the form and with the frequency-scaled
/// penalty of Rendle, Krichene, Zhang and Koren, "Revisiting the performance of iALS on item recommendation benchmarks"
/// (RecSys 2022): the loss is Σ over met pairs (s - 1)² + w Σ over all pairs s² + λ Σ (n + w m)^ν |row|², with n the met
/// and m all rows on the other side. The sum over all pairs is one matrix for all users, so a pass costs what
/// <see cref="MfAls"/>'s does.
/// </summary>
internal static class MfIals
{
    private const int Chunk = 32;
    private const int GramChunk = 2048;

    /// <summary>Fits.</summary>
    public static MfFactors Fit(Interactions seen, MfSettings settings, FitContext context)
    {
        var byItem = seen.Transpose();
        var factors = new MfFactors(seen.UserCount, seen.ItemCount, settings.Factors, 0.1f, context.Seed);
        if (settings.NonNegative)
            for (var item = 0; item < seen.ItemCount; item++)
                foreach (ref var value in factors.Item(item)[..settings.Factors])
                    value = Math.Abs(value);
        for (var epoch = 0; epoch < settings.Epochs && (epoch == 0 || !context.IsOverdue); epoch++)
        {
            SolveSide(seen, factors.Users, factors.Items);
            SolveSide(byItem, factors.Items, factors.Users);
            context.Progress?.Report(new FitProgress(epoch + 1, settings.Epochs, null));
        }

        return factors;

        void SolveSide(Interactions rows, float[] solved, float[] held)
        {
            var width = factors.Width;
            var all = Gram(held, rows.ItemCount, width, settings.Factors, context);
            Parallel.For(0, (rows.UserCount + Chunk - 1) / Chunk, context.ParallelOptions, () => new NormalEquations(settings.Factors), (chunk, _, problem) =>
            {
                for (var row = chunk * Chunk; row < Math.Min(rows.UserCount, (chunk + 1) * Chunk); row++)
                {
                    problem.Clear(all, settings.UnobservedWeight);
                    foreach (var other in rows.Items(row))
                        problem.Add(held.AsSpan(other * width, settings.Factors), 1);
                    var penalty = settings.Penalty(settings.Regularization, rows.Items(row).Length + settings.UnobservedWeight * rows.ItemCount);
                    problem.Regularize(penalty, penalty);
                    var solution = solved.AsSpan(row * width, settings.Factors);
                    if (settings.NonNegative)
                        problem.SolveNonNegative(solution, settings.Factors);
                    else
                        problem.Solve(solution);
                }

                return problem;
            }, _ => { });
        }
    }

    /// <summary>Σ x xᵀ over all rows, in blocks whose sums are added in order: the same bits at any number of threads.</summary>
    private static NormalEquations Gram(float[] rows, int count, int width, int factors, FitContext context)
    {
        var parts = new NormalEquations[(count + GramChunk - 1) / GramChunk];
        Parallel.For(0, parts.Length, context.ParallelOptions, part =>
        {
            var sum = new NormalEquations(factors);
            for (var row = part * GramChunk; row < Math.Min(count, (part + 1) * GramChunk); row++)
                sum.Add(rows.AsSpan(row * width, factors), 0);
            sum.Flush();
            parts[part] = sum;
        });
        var all = new NormalEquations(factors);
        foreach (var part in parts)
            all.AddGram(part);
        return all;
    }
}
