using System.Collections.Immutable;
using AlgoFactory.Data.Frames;
using AlgoFactory.Data.Schemas;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class LeakageChecksTests
{
    private const int Rows = 600;

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void A_column_that_gives_the_label_away_is_named_and_no_other(TaskKind kind)
    {
        var random = new Sequence(2);
        var task = TinyModels.Task(kind);
        var classes = kind == TaskKind.Binary ? 2 : 3;
        float[] labels = [.. Enumerable.Range(0, Rows).Select(_ => kind == TaskKind.Regression ? (float)random.NextDouble() * 50 : random.Next(0, classes))];
        var table = SmallTables.Of(
            new NumericColumn("noise", [.. labels.Select(_ => random.NextDouble())]),
            new NumericColumn("hint", [.. labels.Select(l => l + (kind == TaskKind.Regression ? 40 : 2) * random.NextDouble())]),
            new NumericColumn("copy", [.. labels.Select(l => 3.0 * l - 1)]),
            SmallTables.Categories("ticket", [.. labels.Select((_, i) => $"t{i}")]),
            new NumericColumn("number", [.. labels.Select((_, i) => (double)i + 100)]),
            new TextColumn("code", [.. labels.Select((_, i) => $"{i:X8}")]),
            new TextColumn("note", [.. labels.Select((_, i) => $"note {i}")]));
        ImmutableArray<ColumnSpec> columns = [.. SmallTables.Schema(table).Features];
        var findings = LeakageChecks.Columns(table, columns, task, labels);
        findings.Where(f => f.Kind == LeakageKind.GivesLabelAway).Select(f => f.Column).ShouldBe(["copy"]);
        findings.Where(f => f.Kind == LeakageKind.Identifier).Select(f => f.Column).ShouldBe(["ticket", "number", "code"]);
        findings[0].Text.ShouldContain("'copy' alone predicts the label with");
        findings[0].Value!.Value.ShouldBeInRange(LeakageChecks.Suspicious, 1);
        LeakageChecks.Columns(table.Take([.. Enumerable.Range(0, 20)]), columns, task, labels.AsSpan(0, 20)).ShouldBeEmpty();
    }

    [Fact]
    public void The_power_of_a_column_is_measured_on_the_half_it_was_not_taken_from()
    {
        // The naive twin: means of each value over the other half.
        var random = new Sequence(4);
        double[] values = [.. Enumerable.Range(0, 300).Select(_ => (double)random.Next(0, 6))];
        float[] labels = [.. values.Select(v => random.Chance(v / 6) ? 1f : 0)];
        var column = new NumericColumn("v", values);
        bool First(int row) => (Permutations.Key(7, row) & 1) == 0;
        float[] scores = [.. Enumerable.Range(0, 300).Select(row =>
        {
            float[] others = [.. Enumerable.Range(0, 300).Where(o => First(o) != First(row) && values[o] == values[row]).Select(o => labels[o])];
            return others.Average();
        })];
        var power = LeakageChecks.Power(column, SmallTables.Schema(SmallTables.Of(column)).Columns[0], TinyModels.Task(TaskKind.Binary), labels)!.Value;
        power.Value.ShouldBe(MetricCatalog.Find("auc", TaskKind.Binary).Compute(scores, 1, labels, default), 1e-9);
        power.Value.ShouldBeInRange(0.6, 0.95);
    }

    [Fact]
    public void Copies_within_and_between_tables_are_counted()
    {
        var table = SmallTables.Of(
            new NumericColumn("n", [1, 2, 1, 1, double.NaN, double.NaN]), SmallTables.Categories("c", "a", "b", "a", "b", null, null), new TextColumn("t", ["x", "x", "x", "x", null, null]));
        ImmutableArray<ColumnSpec> columns = [.. SmallTables.Schema(table).Features];
        var repeated = LeakageChecks.Duplicates(table, columns)!;
        repeated.Value.ShouldBe(2 / 6.0);
        repeated.Text.ShouldStartWith("2 of 6 rows (33.3 %)");
        LeakageChecks.Duplicates(table.Take([0, 1, 3, 4]), columns).ShouldBeNull();
        var images = SmallTables.Of(new ImageColumn("i", [[1, 2, 3], [1, 2, 4], [1, 2, 3], null, [1, 2, 3, 0]]));
        ImmutableArray<ColumnSpec> image = [new("i", ColumnKind.Image, ColumnRole.Feature, 1, "made up")];
        LeakageChecks.Duplicates(images, image).ShouldBeNull();
        LeakageChecks.Duplicates(images.Take([0, 2, 0, 3, 3]), image)!.Value.ShouldBe(3 / 5.0);
        // Codes differ from table to table; what they stand for counts.
        var other = SmallTables.Of(new NumericColumn("n", [2, 1, 7]), SmallTables.Categories("c", "b", "a", "a"), new TextColumn("t", ["x", "x", "x"]));
        LeakageChecks.Shared(table, other, columns)!.Value.ShouldBe(2 / 3.0);
        LeakageChecks.Shared(table, other.Take([2]), columns).ShouldBeNull();
    }
}
