using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class SliceFinderTests
{
    private const int Rows = 2000;

    private static readonly Frame Table = MakeTable();

    [Fact]
    public void A_bad_value_is_found_with_its_losses()
    {
        var losses = Losses((city, _, _) => city == "Rome");
        var report = Find(losses);
        report.Slices.Length.ShouldBe(1);
        var slice = report.Slices[0];
        slice.Terms.ShouldBe(["city = Rome"]);
        int[] own = [.. Enumerable.Range(0, Rows).Where(r => City(r) == "Rome")];
        slice.Rows.ShouldBe(own.Length);
        slice.Loss.ShouldBe(own.Average(r => losses[r]), 1e-9);
        slice.LossElsewhere.ShouldBe(Enumerable.Range(0, Rows).Except(own).Average(r => losses[r]), 1e-9);
        report.Loss.ShouldBe(losses.Average(), 1e-9);
    }

    [Fact]
    public void A_bad_pair_is_found_where_neither_value_is_bad_by_itself()
    {
        // A fifth of the city's rows and a quarter of the old ones': each alone is hardly worse than the rest.
        var report = Find(Losses((city, age, _) => city == "Rome" && age > 79));
        report.Slices[0].Terms.Order().ShouldBe(["age > 79", "city = Rome"]);
        // All singles and all pairs of them: 5 ranges, 4 cities, 2 truths.
        report.Tests.ShouldBe(11 + 11 * 10 / 2);
    }

    [Fact]
    public void Noise_has_no_bad_segments() => Find(Losses((_, _, _) => false)).Slices.ShouldBeEmpty();

    [Fact]
    public void Losses_are_those_of_the_metrics()
    {
        var binary = new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]);
        SliceFinder.Losses(binary, [0.9f, 0.9f, 0], [1, 0, 1]).ShouldBe([-Math.Log(0.9), -Math.Log(0.1), -Math.Log(1e-6)], 1e-6);
        SliceFinder.Losses(new TaskSpec(TaskKind.Multiclass, "y", ["a", "b", "c"]), [0.2f, 0.3f, 0.5f, 1, 0, 0], [1, -1]).ShouldBe([-Math.Log(0.3), -Math.Log(1e-6)], 1e-6);
        SliceFinder.Losses(new TaskSpec(TaskKind.Regression, "y", []), [1, 5], [3, 4]).ShouldBe([2, 1]);
    }

    [Fact]
    public void Bins_are_named_for_people()
    {
        var table = SmallTables.Of(
            new NumericColumn("n", [1, 2, 3, 4, 5, double.NaN]), SmallTables.Categories("c", "x", "y", "x", "z", null, "x"), new TextColumn("t", new string?[6]));
        var schema = SmallTables.Schema(table);
        ColumnBins.Of(table["n"], schema.Columns[0], 2)!.Names.ShouldBe(["n ≤ 3", "n > 3", "n is missing"]);
        ColumnBins.Of(table["n"], schema.Columns[0], 2)!.Codes.ShouldBe([0, 0, 0, 1, 1, 2]);
        ColumnBins.Of(table["n"], schema.Columns[0], 5)!.Labels.ShouldBe(["1", "2", "3", "4", "5", "missing"]);
        ColumnBins.Of(table["c"], schema.Columns[1], 2)!.Labels.ShouldBe(["x", "y", "other values", "missing"]);
        ColumnBins.Of(table["c"], schema.Columns[1], 2)!.Codes.ShouldBe([0, 1, 0, 2, 3, 0]);
        // Half of the values are one: ranges are fewer then, and every value is in one of them.
        var tied = new NumericColumn("n", [0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, double.PositiveInfinity]);
        var bins = ColumnBins.Of(tied, schema.Columns[0], 4)!;
        bins.Labels.ShouldBe(["up to 3", "above 3"]);
        bins.Codes.ShouldBe([0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
        ColumnBins.Of(table["t"], schema.Columns[2], 2).ShouldBeNull();
    }

    private static SliceReport Find(double[] losses) => SliceFinder.Find(Table, [.. SmallTables.Schema(Table).Features], losses);

    private static string City(int row) => ((CategoryColumn)Table["city"]).Levels[((CategoryColumn)Table["city"]).Codes[row]];

    private static double[] Losses(Func<string, double, double, bool> isBad)
    {
        var random = new Sequence(9);
        return [.. Enumerable.Range(0, Rows).Select(r =>
            4 * random.NextDouble() + (isBad(City(r), ((NumericColumn)Table["age"]).Values[r], ((NumericColumn)Table["flag"]).Values[r]) ? 0.8 : 0))];
    }

    private static Frame MakeTable()
    {
        var random = new Sequence(5);
        string[] cities = ["Rome", "Oslo", "Bonn", "Riga"];
        return SmallTables.Of(
            SmallTables.Categories("city", [.. Enumerable.Range(0, Rows).Select(_ => cities[random.Next(0, 4)])]),
            new NumericColumn("age", [.. Enumerable.Range(0, Rows).Select(i => (double)(i % 101))]),
            new NumericColumn("flag", [.. Enumerable.Range(0, Rows).Select(_ => (double)random.Next(0, 2))]));
    }
}
