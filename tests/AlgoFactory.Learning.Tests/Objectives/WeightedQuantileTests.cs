using AlgoFactory.Learning.Objectives;
using AlgoFactory.TestKit.Trees;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Objectives;

public class WeightedQuantileTests
{
    [Fact]
    public void It_agrees_with_sorting()
    {
        var random = new Random(1);
        for (var round = 0; round < 2000; round++)
        {
            var count = random.Next(1, round % 10 == 0 ? 300 : 12);
            var values = Enumerable.Range(0, count).Select(_ => random.Next(2) == 0 ? random.Next(6) : (float)random.NextDouble() * 6).ToArray();
            // Quarters: every sum of them is exact, so that shares that are met exactly are met in both.
            var weights = Enumerable.Range(0, count).Select(_ => random.Next(0, 5) / 4f).ToArray();
            var alpha = random.Next(1, 16) / 16.0;
            WeightedQuantile.Of(new LabelledRows(values, weights), alpha).ShouldBe(NaiveLoss.Quantile(values, weights, alpha));
            WeightedQuantile.Of(new LabelledRows(values), alpha).ShouldBe(NaiveLoss.Quantile(values, [.. values.Select(_ => 1f)], alpha));
        }
    }

    [Fact]
    public void Long_runs_of_order_and_of_equal_values_are_no_trouble()
    {
        float[][] columns =
        [
            [.. Enumerable.Range(0, 300_000).Select(i => (float)i)], [.. Enumerable.Range(0, 300_000).Select(i => (float)-i)],
            new float[300_000], [.. Enumerable.Range(0, 300_000).Select(i => (float)Math.Min(i, 299_999 - i))],
        ];
        foreach (var column in columns)
            WeightedQuantile.Of(new LabelledRows(column), 0.5).ShouldBe(NaiveLoss.Quantile(column, [.. column.Select(_ => 1f)], 0.5));
    }

    [Fact]
    public void Rows_without_weight_do_not_exist()
    {
        WeightedQuantile.Of(new LabelledRows(new[] { 5f, 1, 9 }, new[] { 0f, 1, 0 }), 0.5).ShouldBe(1);
        WeightedQuantile.Of(new LabelledRows(new[] { 5f }, new[] { 0f }), 0.5).ShouldBe(0);
        WeightedQuantile.Of(new LabelledRows(new[] { 1f, 2, 3 }, new[] { 1f, 0, 1 }), 0.5).ShouldBe(2);
    }
}
