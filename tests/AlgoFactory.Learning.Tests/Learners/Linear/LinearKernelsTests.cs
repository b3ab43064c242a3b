using AlgoFactory.Learning.Learners.Linear;
using AlgoFactory.TestKit;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Linear;

public class LinearKernelsTests
{
    [Fact]
    public void Both_kernels_agree_with_their_plain_twins_at_every_length()
    {
        var random = new Random(1);
        for (var length = 0; length < 130; length++)
        {
            var (a, b) = (Random(random, length), Random(random, length));
            var size = a.Zip(b, (x, y) => Math.Abs((double)x * y)).Sum();
            ((double)LinearKernels.Dot(a, b)).ShouldBe(NaiveLinear.Dot(a, b), 1e-6 * size + 1e-12);

            var (fast, plain) = (b.ToArray(), b.ToArray());
            LinearKernels.AddScaled(fast, 1.7f, a);
            NaiveLinear.AddScaled(plain, 1.7f, a);
            fast.ShouldBe(plain);
        }
    }

    [Fact]
    public void A_dot_product_has_the_same_bits_wherever_its_rows_lie_in_memory()
    {
        var random = new Random(2);
        var (a, b) = (Random(random, 77), Random(random, 77));
        var expected = LinearKernels.Dot(a, b);
        for (var offset = 0; offset < 17; offset++)
        {
            var moved = new float[100];
            a.CopyTo(moved, offset);
            LinearKernels.Dot(moved.AsSpan(offset, 77), b).ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(21)]
    public void Sparse_rows_are_summed_and_spread_as_their_columns_one_by_one(int outputs)
    {
        var random = new Random(outputs);
        int[] indices = [0, 3, 4, 9];
        var (values, weights, factors) = (Random(random, 4), Random(random, 10 * outputs), Random(random, outputs));
        var (sums, plain) = (factors.ToArray(), factors.ToArray());
        var (spread, plainSpread) = (weights.ToArray(), weights.ToArray());
        LinearKernels.AddSparse(sums, indices, values, weights);
        LinearKernels.SpreadSparse(factors, indices, values, spread);
        for (var i = 0; i < indices.Length; i++)
        {
            NaiveLinear.AddScaled(plain, values[i], weights.AsSpan(indices[i] * outputs, outputs));
            NaiveLinear.AddScaled(plainSpread.AsSpan(indices[i] * outputs, outputs), values[i], factors);
        }

        sums.ShouldBe(plain);
        spread.ShouldBe(plainSpread);
    }

    [Fact]
    public void A_second_vector_that_is_too_short_is_refused() =>
        Should.Throw<ArgumentOutOfRangeException>(() => LinearKernels.Dot(new float[9], new float[8]));

    private static float[] Random(Random random, int length) => [.. Enumerable.Range(0, length).Select(_ => random.NextSingle() * 2 - 1)];
}
