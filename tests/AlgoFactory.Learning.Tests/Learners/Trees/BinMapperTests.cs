using AlgoFactory.Learning.Learners.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Trees;

public class BinMapperTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(100)]
    [InlineData(254)]
    public void A_values_bin_is_the_number_of_bounds_below_it(int count)
    {
        var random = new Random(count);
        var bounds = Enumerable.Range(0, count).Select(_ => (float)random.NextDouble()).Distinct().Order().ToArray();
        var mapper = BinMapper.Numeric(bounds);
        float[] values = [.. bounds, .. Enumerable.Range(0, 500).Select(_ => (float)(random.NextDouble() * 1.2 - 0.1)), float.PositiveInfinity, float.NegativeInfinity];
        foreach (var value in values)
            mapper.Bin(value).ShouldBe(bounds.Count(b => b < value));
        mapper.Bin(float.NaN).ShouldBe(mapper.MissingBin);
        mapper.MissingBin.ShouldBe(bounds.Length + 1);

        var codes = new byte[values.Length];
        mapper.Encode(values, 1, codes, 1, values.Length);
        codes.Select(c => (int)c).ShouldBe(values.Select(mapper.Bin));
    }

    [Fact]
    public void The_most_frequent_of_65537_categories_have_bins_of_their_own()
    {
        var weights = Enumerable.Range(0, 65_537).Select(code => code < 300 ? 1000.0 - code : code % 2).ToArray();
        var mapper = BinMapper.Categorical(weights, BinMapper.MaxValueBins);
        mapper.ValueBins.ShouldBe(255);
        Enumerable.Range(0, 254).Select(code => mapper.Bin(code)).ShouldBe(Enumerable.Range(0, 254));
        mapper.Bin(255).ShouldBe(254);
        mapper.Bin(65_535).ShouldBe(254);
        // Never seen, impossible and missing codes all are missing.
        float[] others = [65_536 - 2, 65_537, -1, 0.5f, float.NaN, float.PositiveInfinity, 1e30f];
        others.ShouldAllBe(code => mapper.Bin(code) == mapper.MissingBin);
    }
}
