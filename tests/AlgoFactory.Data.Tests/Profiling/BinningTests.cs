using AlgoFactory.Data.Profiling;
using Shouldly;
using Xunit;

namespace AlgoFactory.Data.Tests.Profiling;

public sealed class BinningTests
{
    [Fact]
    public void Bins_hold_about_the_same_share_each()
    {
        var (ends, counts) = Binning.EqualShares([.. Enumerable.Range(1, 1000).Select(i => (double)i)], 20);
        ends.Length.ShouldBe(19);
        counts.ShouldAllBe(c => c >= 49 && c <= 51);
        counts.Sum().ShouldBe(1000);
    }

    [Fact]
    public void A_value_that_repeats_has_a_bin_of_its_own()
    {
        double[] values = [.. Enumerable.Repeat(0.0, 700), .. Enumerable.Range(1, 300).Select(i => (double)i)];
        var (ends, counts) = Binning.EqualShares(values, 10);
        ends[0].ShouldBe(0);
        counts[0].ShouldBe(700);
        counts.Sum().ShouldBe(1000);
        foreach (var value in values)
            Binning.Find(ends, value).ShouldBe(ends.TakeWhile(e => e < value).Count());
    }

    [Theory]
    [InlineData(new double[0], 0, 1)]
    [InlineData(new[] { 5.0, 5.0, 5.0 }, 1, 2)]
    [InlineData(new[] { 1.0, 2.0 }, 1, 2)]
    public void Few_values_make_few_bins(double[] values, int ends, int counts)
    {
        var (found, counted) = Binning.EqualShares(values, 20);
        found.Length.ShouldBe(ends);
        counted.Length.ShouldBe(counts);
        counted.Sum().ShouldBe(values.Length);
    }

    [Fact]
    public void What_lies_outside_goes_to_the_ends()
    {
        Binning.Find([1, 2], double.NegativeInfinity).ShouldBe(0);
        Binning.Find([1, 2], 1).ShouldBe(0);
        Binning.Find([1, 2], 1.5).ShouldBe(1);
        Binning.Find([1, 2], double.PositiveInfinity).ShouldBe(2);
        Binning.Find([], 3).ShouldBe(0);
    }
}
