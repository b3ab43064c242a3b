using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Profiling;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class DataQualityTests
{
    [Fact]
    public void What_is_notable_is_said_of_each_column()
    {
        var table = SmallTables.Of(
            new NumericColumn("constant", [.. Enumerable.Repeat(3.0, 400)]),
            new NumericColumn("holes", [.. Enumerable.Range(0, 400).Select(i => i % 2 == 0 ? double.NaN : i)]),
            // The middle half goes from 108 to 308: 1500 lies more than three times its width above.
            new NumericColumn("wild", [.. Enumerable.Range(0, 400).Select(i => i < 8 ? 1500.0 : i)]),
            SmallTables.Categories("many", [.. Enumerable.Range(0, 400).Select(i => $"v{i % 60}")]),
            new CategoryColumn("new", [.. Enumerable.Range(0, 400).Select(i => i < 5 ? CategoryColumn.Unknown : 0)], ["a", "b"]),
            new TextColumn("fine", [.. Enumerable.Range(0, 400).Select(i => $"word {i}")]));
        var columns = SmallTables.Schema(table).Features.ToArray();
        var quality = DataQuality.Of(table, [.. columns], new DatasetProfile(400, [new ColumnProfile("holes", ColumnKind.Numeric, 400, 0, 400)])).ToDictionary(q => q.Column);
        quality["constant"].Findings.ShouldBe(["has the same value in every row"]);
        quality["holes"].Findings.ShouldBe(["is missing in 50 % of the rows", "is missing in 50 % of the rows, in training it was in 0 %"]);
        (quality["holes"].MissingShare, quality["holes"].Distinct).ShouldBe((0.5, 200));
        quality["wild"].Outliers.ShouldBe(8);
        quality["wild"].Findings.ShouldHaveSingleItem().ShouldContain("8 values far outside");
        quality["many"].Findings.ShouldBe(["has 60 different values"]);
        quality["new"].Unknown.ShouldBe(5);
        quality["new"].Findings.ShouldContain("has a value that training did not know in 5 rows");
        quality["fine"].Findings.ShouldBeEmpty();
    }

    [Fact]
    public void Distances_to_the_training_data_are_those_computed_by_hand()
    {
        var profile = new DatasetProfile(1000,
        [
            new ColumnProfile("n", ColumnKind.Numeric, 1000, 0, 100) { Quantiles = [0, 1, 5, 25, 50, 75, 95, 99, 100] },
            new ColumnProfile("ties", ColumnKind.Numeric, 1000, 0, 2) { Quantiles = [0, 0, 0, 0, 0, 1, 1, 1, 1] },
            new ColumnProfile("c", ColumnKind.Categorical, 1000, 0, 3) { TopLevels = [new("a", 500), new("b", 300)] },
        ]);
        var same = Table(i => i % 100 + 0.5, i => i < 120 ? 0 : 1, i => i % 10 < 5 ? "a" : i % 10 < 8 ? "b" : "z");
        DataQuality.Of(same, Columns(same), profile).ShouldAllBe(q => q.Drift < 0.02 && q.Findings.IsEmpty);

        // Half of the numbers rise above all others: below the median lie 25 %, not 50 %. All is 1 where at least 50 % were 0.
        // Of 80 % a's, 50 were expected.
        var moved = Table(i => i % 2 == 0 ? 100 : i % 100 + 0.5, _ => 1, i => i % 10 < 8 ? "a" : "b");
        var found = DataQuality.Of(moved, Columns(moved), profile).ToDictionary(q => q.Column);
        found["n"].Drift!.Value.ShouldBe(0.48, 0.021);
        found["ties"].Drift!.Value.ShouldBe(0.5, 1e-12);
        found["c"].Drift!.Value.ShouldBe(0.3, 1e-12);
        found["c"].Findings.ShouldBe(["is distributed differently than in training (distance 0.30)"]);
    }

    [Fact]
    public void Residuals_are_summed_up_as_by_hand()
    {
        float[] predicted = [.. Enumerable.Range(0, 100).Select(i => (float)i)];
        float[] actual = [.. predicted.Select(p => p + (p < 50 ? 1 : -3))];
        var all = Residuals.Of(predicted, actual);
        all.Mean.ShouldBe(-1, 1e-12);
        all.StandardDeviation.ShouldBe(Math.Sqrt(400.0 / 99), 1e-12);
        all.Quantiles.ShouldBe([-3, -3, -3, 1, 1, 1, 1]);
        (all.Counts[0], all.Counts[^1], all.Counts.Sum()).ShouldBe((50, 50, 100));
        all.Trend[0].ShouldBe(new ResidualTrend(4.5, 1, 0));
        all.Trend[9].ShouldBe(new ResidualTrend(94.5, -3, 0));
        Residuals.Of([2], [2]).Counts.Sum().ShouldBe(1);
    }

    private static Frame Table(Func<int, double> number, Func<int, double> tie, Func<int, string> level) => SmallTables.Of(
        new NumericColumn("n", [.. Enumerable.Range(0, 200).Select(number)]), new NumericColumn("ties", [.. Enumerable.Range(0, 200).Select(tie)]),
        SmallTables.Categories("c", [.. Enumerable.Range(0, 200).Select(level)]));

    private static System.Collections.Immutable.ImmutableArray<ColumnSpec> Columns(Frame table) => [.. SmallTables.Schema(table).Features];
}
