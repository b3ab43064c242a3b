using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class EffectsTests
{
    private static readonly Predictor Model = TinyModels.Fit(TaskKind.Multiclass, 1, "gbdt").Predictor;
    private static readonly Frame Rows = TinyModels.Bind(Model.Schema, TinyModels.Texts(60, 4));

    [Fact]
    public void A_grid_has_values_that_rows_have()
    {
        var grid = EffectGrid.Of(new NumericColumn("x", [5, 1, double.NaN, 3, 3, 9]), 3)!;
        grid.Numbers.ShouldBe([1, 3, 9]);
        EffectGrid.Of(new NumericColumn("x", [5, 1, 3, 2, 4]), 3)!.Numbers.ShouldBe([1, 3, 5]);
        EffectGrid.Of(SmallTables.Categories("c", "a", "b", "b", null, "d"), 2)!.Levels.ShouldBe(["b", "a"]);
        EffectGrid.Of(new NumericColumn("x", [7, 7, double.NaN]), 3).ShouldBeNull();
        EffectGrid.Of(new TextColumn("t", ["a", "b"]), 3).ShouldBeNull();
    }

    [Theory]
    [InlineData("age")]
    [InlineData("city")]
    public void Partial_dependence_is_the_mean_with_the_value_set_in_every_row(string column)
    {
        var grid = EffectGrid.Of(Rows[column], 6)!;
        var curve = PartialDependence.Compute(Model, Rows, grid, 10);
        curve.Lines.ShouldBeEmpty();
        for (var g = 0; g < grid.Count; g++)
        {
            var sums = new double[3];
            for (var row = 0; row < Rows.RowCount; row++)
            {
                var scores = Model.Predict(Rows.Take([row]).With(grid.Column.Take([g]))).Scores;
                for (var k = 0; k < 3; k++)
                    sums[k] += scores[k];
            }

            for (var k = 0; k < 3; k++)
                curve.Means[k][g].ShouldBe(sums[k] / Rows.RowCount, 1e-9);
        }

        var regression = TinyModels.Fit(TaskKind.Regression, 1, "gbdt").Predictor;
        var lines = PartialDependence.Compute(regression, Rows, grid, 10).Lines;
        lines.Length.ShouldBe(10);
        lines[3][1].ShouldBe(regression.Predict(Rows.Take([3]).With(grid.Column.Take([1]))).Scores[0]);
    }

    [Theory]
    [InlineData("age")]
    [InlineData("city")]
    [InlineData("member")]
    public void Accumulated_effects_add_up_differences_of_rows_near_by(string column)
    {
        var grid = EffectGrid.Of(Rows[column], 5)!;
        var effects = AccumulatedLocalEffects.Compute(Model, Rows, grid)!;
        var isNumber = grid.Column is NumericColumn;
        var points = isNumber ? effects.Numbers.Length : effects.Levels.Length;
        points.ShouldBe(grid.Count);
        double Score(int row, int point, int output)
        {
            var value = isNumber
                ? new NumericColumn(column, [effects.Numbers[point]])
                : (Column)new CategoryColumn(column, [((CategoryColumn)Rows[column]).Levels.IndexOf(effects.Levels[point])], ((CategoryColumn)Rows[column]).Levels);
            return Model.Predict(Rows.Take([row]).With(value)).Scores[output];
        }

        for (var k = 0; k < 3; k++)
        {
            // The naive twin, step by step as the definition says.
            var naive = new double[points];
            for (var p = 1; p < points; p++)
            {
                int[] near = [.. Enumerable.Range(0, Rows.RowCount).Where(r => isNumber ? StepOf(r) == p : PointOf(r) == p || PointOf(r) == p - 1)];
                naive[p] = naive[p - 1] + (near.Length == 0 ? 0 : near.Average(r => Score(r, p, k) - Score(r, p - 1, k)));
            }

            var mean = Enumerable.Range(0, Rows.RowCount).Where(r => !Rows[column].IsMissing(r))
                .Average(r => isNumber ? (naive[StepOf(r)] + naive[StepOf(r) - 1]) / 2 : naive[PointOf(r)]);
            for (var p = 0; p < points; p++)
                effects.Effects[k][p].ShouldBe(naive[p] - mean, 1e-6);
        }

        int StepOf(int row)
        {
            var value = ((NumericColumn)Rows[column]).Values[row];
            return double.IsNaN(value) ? -1 : Math.Max(1, effects.Numbers.ToList().FindIndex(e => e >= value));
        }

        int PointOf(int row) => ((CategoryColumn)Rows[column]).Codes[row] is >= 0 and var code ? effects.Levels.IndexOf(((CategoryColumn)Rows[column]).Levels[code]) : -5;
    }

    [Fact]
    public void A_linear_effect_is_a_line_through_the_mean()
    {
        var table = SmallTables.Numbers("x", 0, 1, 2, 3, 4, 5, 6, 7);
        var predictor = SmallTables.Fit(SmallTables.Schema(table), new TaskSpec(TaskKind.Regression, "y", []), table, [0, 2, 4, 6, 8, 10, 12, 14], "linear");
        var slope = predictor.Predict(SmallTables.Numbers("x", 3, 4)).Scores is [var a, var b] ? b - a : 0;
        slope.ShouldBe(2, 0.5);
        var effects = AccumulatedLocalEffects.Compute(predictor, table, EffectGrid.Of(table["x"], 8)!)!;
        // Steps (0,1] holds two rows (0 and 1), the others one each: the mean of the middles is (2 × 0.5 + 1.5 + ... + 6.5) / 8 = 3.125.
        for (var p = 0; p < 8; p++)
            effects.Effects[0][p].ShouldBe(slope * (p - 3.125), 1e-4);
    }

    [Fact]
    public void Alike_categories_stand_beside_each_other()
    {
        // a and c share their rows' numbers, b lies between them and d.
        string?[] levels = ["a", "b", "c", "d"];
        var table = SmallTables.Of(
            SmallTables.Categories("c", [.. Enumerable.Range(0, 40).Select(i => levels[i % 4])]),
            new NumericColumn("x", [.. Enumerable.Range(0, 40).Select(i => (i % 4) switch { 0 => 1.0, 1 => i < 20 ? 1 : 9, 2 => 1, _ => 9 })]));
        var grid = (CategoryColumn)EffectGrid.Of(table["c"], 10)!.Column;
        var distances = LevelSimilarity.Distances(table, grid);
        (distances[0, 2], distances[0, 1], distances[1, 3], distances[0, 3]).ShouldBe((0, 0.5, 0.5, 1));
        var order = LevelSimilarity.Order(table, grid).Select(i => grid.Levels[grid.Codes[i]]).ToArray();
        string.Join("", order).ShouldBeOneOf("acbd", "cabd");
    }
}
