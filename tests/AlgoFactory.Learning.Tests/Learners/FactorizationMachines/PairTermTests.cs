using AlgoFactory.Learning.Learners.FactorizationMachines;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.FactorizationMachines;

/// <summary>The vectorised pair terms against their plain twins, and their gradients against finite differences.</summary>
public class PairTermTests
{
    private const int Slots = 40;

    public static TheoryData<bool, int, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<bool, int, int>();
            foreach (var fieldAware in new[] { false, true })
                foreach (var factors in new[] { 1, 3, 4, 8, 11 })
                    foreach (var fields in new[] { 1, 2, 5, 9 })
                        shapes.Add(fieldAware, factors, fields);
            return shapes;
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void The_term_is_the_sum_over_all_pairs(bool fieldAware, int factors, int fields)
    {
        var random = new Sequence(1);
        var pairs = FactorizationLearner.PairTerm(fieldAware, fields, factors);
        var weights = Random(pairs, random);
        var scratch = Dirty(pairs);
        for (var repeat = 0; repeat < 30; repeat++)
        {
            var row = Row(random, fields, random.Next(0, 12));
            ((double)weights.Score(row.Of(), scratch)).ShouldBe(Score(row, weights, fieldAware, factors, weights.Factors), 1e-4);
        }
    }

    [Theory, MemberData(nameof(Shapes))]
    public void A_step_follows_the_gradient(bool fieldAware, int factors, int fields)
    {
        const float l2 = 0.01f, first = 1e-12f;
        var random = new Sequence(2);
        var pairs = FactorizationLearner.PairTerm(fieldAware, fields, factors);
        for (var repeat = 0; repeat < 4; repeat++)
        {
            var weights = Random(pairs, random);
            // Entries of distinct slots: one that is in a row twice is stepped twice, one after the other.
            var row = Row(random, fields, random.Next(1, 9)).DistinctBy(e => e.Slot).ToArray();
            var (before, squares, scratch) = ((float[])weights.Factors.Clone(), new float[weights.Factors.Length], Dirty(pairs));
            squares.AsSpan().Fill(first);
            const float label = 1;
            var gradient = 1 / (1 + MathF.Exp(-weights.Score(row.Of(), scratch))) - label;
            pairs.Step(row.Of(), gradient, new AdaGrad(0.5f, l2), weights.Factors, squares, scratch);

            for (var i = 0; i < before.Length; i++)
            {
                if (row.All(e => e.Slot != i / pairs.Stride) || !pairs.IsFactor(i % pairs.Stride))
                {
                    weights.Factors[i].ShouldBe(before[i]);
                    continue;
                }

                var at = i;
                var slope = l2 * before[i] + NaiveFactorization.Slope(
                    v => NaiveFactorization.LogLoss(Score(row, weights, fieldAware, factors, before, at, v), label), before[i]);
                // After one step from next to nothing, the sum of squared gradients is this gradient's square.
                Math.Sqrt(squares[i] - first).ShouldBe(Math.Abs(slope), 1e-3 * Math.Abs(slope) + 2e-5);
                if (Math.Abs(slope) > 1e-3)
                    ((double)(before[i] - weights.Factors[i])).ShouldBe(0.5 * Math.Sign(slope), 1e-3);
            }
        }
    }

    [Fact]
    public void Scattered_blocks_and_steps_agree_with_plain_loops()
    {
        var random = new Sequence(3);
        for (var blocks = 0; blocks < 9; blocks++)
            foreach (var width in new[] { 4, 8, 12 })
                foreach (var add in new[] { false, true })
                {
                    var from = Values(random, blocks * width);
                    var stride = width * 3;
                    var fast = Values(random, Math.Max(1, blocks) * stride);
                    var plain = (float[])fast.Clone();
                    FactorKernels.Spread(from, width, 0.7f, fast, stride, add);
                    for (var i = 0; i < from.Length; i++)
                    {
                        ref var to = ref plain[i / width * stride + i % width];
                        to = add ? 0.7f * from[i] + to : 0.7f * from[i];
                    }

                    fast.ShouldBe(plain);
                }

        for (var length = 0; length < 40; length++)
        {
            var (factors, targets) = (Values(random, length), Values(random, length));
            var squares = Array.ConvertAll(Values(random, length), v => v * v + 0.1f);
            var (plainFactors, plainSquares) = ((float[])factors.Clone(), (float[])squares.Clone());
            FactorKernels.Step(factors, squares, targets, 0.3f, -0.2f, 0.1f);
            for (var i = 0; i < length; i++)
            {
                var gradient = MathF.FusedMultiplyAdd(0.3f, targets[i], -0.2f * plainFactors[i]);
                plainSquares[i] = MathF.FusedMultiplyAdd(gradient, gradient, plainSquares[i]);
                plainFactors[i] -= 0.1f * gradient / MathF.Sqrt(plainSquares[i]);
            }

            factors.ShouldBe(plainFactors);
            squares.ShouldBe(plainSquares);
        }
    }

    private static double Score(
        (int Slot, int Field, float Value)[] row, FactorizationWeights weights, bool fieldAware, int factors, float[] table, int changed = -1, double to = 0)
    {
        var stride = weights.Pairs.Stride;
        var width = (factors + 3) / 4 * 4;
        double At(int i) => i == changed ? to : table[i];
        var pairs = fieldAware
            ? NaiveFactorization.Ffm(row, (slot, field, k) => At(slot * stride + field * width + k), factors)
            : NaiveFactorization.Fm(row, (slot, k) => At(slot * stride + k), factors);
        return weights.Bias + row.Sum(e => (double)e.Value * weights.Linear[e.Slot]) + pairs;
    }

    private static FactorizationWeights Random(IPairTerm pairs, Sequence random)
    {
        var weights = FactorizationWeights.Create(pairs, Slots, 0.3f, 0.8f, 5);
        for (var slot = 0; slot < Slots; slot++)
            weights.Linear[slot] = (float)random.NextDouble() - 0.5f;
        return weights;
    }

    private static (int Slot, int Field, float Value)[] Row(Sequence random, int fields, int entries) =>
        [.. Enumerable.Range(0, entries).Select(_ => (random.Next(0, Slots), random.Next(0, fields), (float)random.NextDouble() + 0.1f))];

    private static float[] Values(Sequence random, int count) => [.. Enumerable.Range(0, count).Select(_ => (float)random.NextDouble() - 0.5f)];

    /// <summary>Scratch memory comes as another row left it.</summary>
    private static float[] Dirty(IPairTerm pairs)
    {
        var scratch = new float[pairs.ScratchLength];
        scratch.AsSpan().Fill(float.NaN);
        return scratch;
    }
}

/// <summary>Rows of tests.</summary>
internal static class TestRows
{
    public static FieldRow Of(this (int Slot, int Field, float Value)[] row) =>
        new(row.Select(e => e.Slot).ToArray(), row.Select(e => (byte)e.Field).ToArray(), row.Select(e => e.Value).ToArray());
}
