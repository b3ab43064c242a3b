using AlgoFactory.Learning.Explaining;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class HypothesisTestsTests
{
    [Fact]
    public void Welch_agrees_with_a_worked_example()
    {
        // t = 1.959 with 7.031 degrees of freedom: p = 0.091 on two sides.
        var first = Moments.Of([30.02, 29.99, 30.11, 29.97, 30.01, 29.99]);
        var second = Moments.Of([29.89, 29.93, 29.72, 29.98, 30.02, 29.98]);
        HypothesisTests.WelchAbove(first, second).ShouldBe(0.0454, 0.0002);
        HypothesisTests.WelchAbove(second, first).ShouldBe(1 - 0.0454, 0.0002);
        HypothesisTests.WelchAbove(Moments.Of([1]), second).ShouldBe(1);
        HypothesisTests.WelchAbove(Moments.Of([2, 2]), Moments.Of([1, 1])).ShouldBe(0);
    }

    [Fact]
    public void Intervals_and_tests_agree_with_known_values()
    {
        var half = HypothesisTests.Wilson(5, 10);
        half.High.ShouldBe(1 - half.Low, 1e-12);
        half.Low.ShouldBe(0.2366, 0.0001);
        HypothesisTests.Wilson(0, 10).High.ShouldBe(0.2775, 0.0001);
        HypothesisTests.Wilson(0, 0).ShouldBe(new ConfidenceInterval(0, 1));
        // χ² = 6.667 with one degree of freedom.
        HypothesisTests.CountsDiffer([10, 20], [20, 10]).ShouldBe(0.00982, 0.00001);
        HypothesisTests.CountsDiffer([3, 0], [9, 0]).ShouldBe(1);
        HypothesisTests.DistributionsDiffer(0.2, 100, 100).ShouldBe(2 * Math.Exp(-4), 1e-12);
    }

    [Fact]
    public void Moments_of_a_part_can_be_taken_away()
    {
        var rest = Moments.Of([1, 2, 3, 10]) - Moments.Of([10]);
        (rest.Count, rest.Mean).ShouldBe((3, 2));
        rest.Variance.ShouldBe(1, 1e-12);
    }
}
