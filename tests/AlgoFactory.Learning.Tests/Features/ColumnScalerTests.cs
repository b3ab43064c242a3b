using AlgoFactory.Learning.Features;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Features;

public class ColumnScalerTests
{
    [Fact]
    public void Values_get_mean_0_and_deviation_1()
    {
        double[] values = [2, 4, 4, 4, 5, 5, 7, 9];
        var scaler = ColumnScaler.Fit(values);
        scaler.Apply(5).ShouldBe(0);
        scaler.Apply(7).ShouldBe(1);
        scaler.Apply(double.NaN).ShouldBe(scaler.Apply(4.5));
    }

    [Fact]
    public void Infinite_and_missing_values_do_not_count_in_training_and_are_held_in_prediction()
    {
        var scaler = ColumnScaler.Fit([1, double.PositiveInfinity, 3, double.NaN, double.NegativeInfinity]);
        scaler.ShouldBe(ColumnScaler.Fit([1, 3]));
        scaler.Apply(double.PositiveInfinity).ShouldBe(ColumnScaler.Limit);
        scaler.Apply(double.NegativeInfinity).ShouldBe(-ColumnScaler.Limit);
        scaler.Apply(1e300).ShouldBe(ColumnScaler.Limit);
    }

    [Fact]
    public void A_column_that_does_not_vary_is_0()
    {
        ColumnScaler.Fit([]).Apply(3).ShouldBe(0);
        ColumnScaler.Fit([double.NaN]).Apply(3).ShouldBe(0);
        ColumnScaler.Fit([0.1, 0.1, 0.1, 0.1, 0.1, 0.1]).Apply(3).ShouldBe(0);
    }

    [Fact]
    public void Only_a_column_of_extreme_skew_has_a_bent_form_and_that_keeps_the_order()
    {
        ColumnScaler.FitBoth([.. Enumerable.Range(0, 100).Select(i => (double)i)]).Bent.ShouldBeNull();
        double[] tail = [.. Enumerable.Range(0, 100).Select(i => Math.Exp(i / 4.0))];
        var bent = ColumnScaler.FitBoth(tail).Bent.ShouldNotBeNull();
        var features = tail.Select(bent.Apply).ToArray();
        features.ShouldBe(features.Order());
        features.Distinct().Count().ShouldBeGreaterThan(80);
        features.Max(Math.Abs).ShouldBeLessThan(4);
    }
}
