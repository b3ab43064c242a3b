using AlgoFactory.Serving.Monitoring;
using Shouldly;
using Xunit;

namespace AlgoFactory.Serving.Tests.Monitoring;

/// <summary>Expected values were computed by the formulas in a few lines of Python.</summary>
public sealed class DriftStatisticsTests
{
    private static readonly long[] Before = [50, 30, 15, 5];
    private static readonly long[] Now = [40, 35, 15, 10];

    [Fact]
    public void Distances_are_those_of_the_formulas()
    {
        DriftStatistics.Psi(Before, Now).ShouldBe(0.06077332853581854, 1e-12);
        DriftStatistics.JensenShannon(Before, Now).ShouldBe(0.10738791175506016, 1e-12);
        DriftStatistics.Wasserstein([1, 2, 3, 4], Before, Now).ShouldBe(0.2, 1e-12);
        var (distance, p) = DriftStatistics.KolmogorovSmirnov(Before, Now);
        distance.ShouldBe(0.1, 1e-12);
        p.ShouldBe(0.6993741991310155, 1e-9);
    }

    [Fact]
    public void Probabilities_are_those_of_the_distributions()
    {
        DriftStatistics.ChiSquared(Before, Now).ShouldBe(0.3672586593422875, 1e-9);
        DriftStatistics.AtLeast(10, 1000, 0.005).ShouldBe(0.031465238511291606, 1e-9);
        DriftStatistics.AtLeast(0, 1000, 0.005).ShouldBe(1);
        DriftStatistics.Auc(0.5, 100, 100).ShouldBe(1, 1e-9);
        DriftStatistics.Auc(0.6, 100, 100).ShouldBe(0.0145, 0.0005);
    }

    [Fact]
    public void What_was_rare_and_is_frequent_is_found_by_itself()
    {
        // 36 of 300 where 4,000 training rows had none: chi-squared would not be trusted with so few.
        DriftStatistics.Shares(0, 4000, 36, 300).ShouldBeLessThan(1e-20);
        DriftStatistics.Shares(200, 4000, 15, 300).ShouldBeGreaterThan(0.5);
        DriftStatistics.Shares(4000, 4000, 264, 300).ShouldBeLessThan(1e-20);
        DriftStatistics.Categories([3000, 1000, 4], [225, 60, 15]).ShouldBeLessThan(1e-8);
    }

    [Fact]
    public void Nothing_is_no_reason_for_an_error()
    {
        long[] none = [0, 0, 0, 0];
        DriftStatistics.ChiSquared(Before, none).ShouldBe(1);
        DriftStatistics.KolmogorovSmirnov(none, Now).P.ShouldBe(1);
        DriftStatistics.JensenShannon(Before, none).ShouldBe(0);
        double.IsFinite(DriftStatistics.Psi(Before, none)).ShouldBeTrue();
        DriftStatistics.Shares(0, 0, 0, 0).ShouldBe(1);
        DriftStatistics.Categories(Before, none).ShouldBe(1);
        DriftStatistics.Shares(0, 100, 0, 100).ShouldBe(1);
    }

    [Fact]
    public void Probabilities_of_like_samples_are_even_or_larger()
    {
        var random = new Sequence(3);
        const int trials = 3000;
        int chi = 0, ks = 0;
        for (var trial = 0; trial < trials; trial++)
        {
            var (before, now) = (Draw(random, 600), Draw(random, 300));
            chi += DriftStatistics.ChiSquared(before, now) < 0.05 ? 1 : 0;
            ks += DriftStatistics.KolmogorovSmirnov(before, now).P < 0.05 ? 1 : 0;
        }

        // 5 % of 3,000 and four standard errors; the binned distance errs to the safe side.
        chi.ShouldBeInRange(102, 198);
        ks.ShouldBeLessThan(198);
        ks.ShouldBeGreaterThan(30);
    }

    private static long[] Draw(Sequence random, int rows)
    {
        var counts = new long[20];
        for (var i = 0; i < rows; i++)
            counts[random.Next(0, 20)]++;
        return counts;
    }
}
