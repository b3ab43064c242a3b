using AlgoFactory.Learning.Learners.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class BinBoundsTests
{
    [Fact]
    public void Few_values_have_a_bin_each()
    {
        float[] values = [float.NegativeInfinity, -1, 0, float.Epsilon, 1, BitIncrement(1), 3, float.PositiveInfinity];
        var bounds = BinBounds.Find(values, [.. values.Select(_ => 1.0)], 255);
        var mapper = BinMapper.Numeric(bounds);
        values.Select(mapper.Bin).ShouldBe(Enumerable.Range(0, values.Length));
    }

    [Fact]
    public void Bins_share_the_weight_evenly_and_heavy_values_stand_alone()
    {
        var values = Enumerable.Range(0, 10_000).Select(i => (float)i).ToArray();
        var weights = values.Select(v => v == 5000 ? 20_000.0 : 1.0).ToArray();
        var bounds = BinBounds.Find(values, weights, 101);
        bounds.Length.ShouldBeInRange(95, 100);
        var mapper = BinMapper.Numeric(bounds);
        var counts = new double[mapper.ValueBins];
        for (var i = 0; i < values.Length; i++)
            counts[mapper.Bin(values[i])] += weights[i];
        counts[mapper.Bin(5000)].ShouldBe(20_000);
        counts.Where(c => c < 20_000).Max().ShouldBeLessThan(150);
        counts.Where(c => c < 20_000).Order().Skip(2).First().ShouldBeGreaterThan(50);
    }

    [Fact]
    public void A_bound_lies_between_its_neighbours()
    {
        var random = new Random(1);
        for (var i = 0; i < 1000; i++)
        {
            var low = BitConverter.Int32BitsToSingle(random.Next());
            if (!float.IsFinite(low))
                continue;
            foreach (var high in new[] { BitIncrement(low), low + 1, low * 2 + 1, float.PositiveInfinity })
            {
                if (!(high > low))
                    continue;
                var bound = BinBounds.Between(low, high);
                (bound >= low && bound < high).ShouldBeTrue($"{low} <= {bound} < {high}");
            }
        }
    }

    private static float BitIncrement(float value) => MathF.BitIncrement(value);
}
