using AlgoFactory.Learning.Features;
using AlgoFactory.Learning.Learners.Neural;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Learners.Neural;

public class InputColumnTests
{
    [Fact]
    public void A_number_fills_the_bins_below_it_and_a_share_of_its_own()
    {
        var column = Numeric(InputForm.Piecewise, 3, [0, 10, 20, 40]);
        Inputs(column, 0).ShouldBe([0, 0, 0]);
        Inputs(column, 5).ShouldBe([0.5f, 0, 0]);
        Inputs(column, 30).ShouldBe([1, 1, 0.5f]);
        Inputs(column, 40).ShouldBe([1, 1, 1]);
        Inputs(column, float.PositiveInfinity).ShouldBe([1, 1, 1]);
        Inputs(column, float.NegativeInfinity).ShouldBe([0, 0, 0]);
    }

    [Fact]
    public void A_missing_number_is_the_middle_one_and_marked_where_training_lacked_some()
    {
        Inputs(Numeric(InputForm.Piecewise, 3, [0, 10, 20, 40]), float.NaN).ShouldBe([1, 1, 0]);
        Inputs(Numeric(InputForm.Piecewise, 3, [0, 10, 20, 40, float.NaN]), float.NaN).ShouldBe([1, 1, 0, 1]);
        Inputs(Numeric(InputForm.Piecewise, 3, [0, 10, 20, 40, float.NaN]), 40).ShouldBe([1, 1, 1, 0]);
    }

    [Fact]
    public void Normal_scores_are_those_of_the_ranks()
    {
        float[] values = [.. Enumerable.Range(0, 1000).Select(i => (float)Math.Exp(i / 100.0))];
        var column = Numeric(InputForm.Quantile, 0, values);
        Inputs(column, values[500])[0].ShouldBe(0, 0.01);
        Inputs(column, values[841])[0].ShouldBe(1, 0.02);
        Inputs(column, values[159])[0].ShouldBe(-1, 0.02);
    }

    [Fact]
    public void A_column_that_never_varies_says_nothing()
    {
        Numeric(InputForm.Piecewise, 8, [7, 7, 7]).Width.ShouldBe(0);
        Inputs(Numeric(InputForm.Standard, 8, [7, 7, 7]), 9).ShouldBe([0]);
        Inputs(Numeric(InputForm.Quantile, 8, [7, 7, 7]), 9).ShouldBe([0]);
    }

    [Fact]
    public void Codes_that_training_did_not_see_have_the_last_vector()
    {
        var column = Fit(InputForm.Piecewise, 4, [0, 1, 2], new FeatureInfo("c", "c", FeatureKind.Categorical, 3));
        column.Encode(2).ShouldBe(2);
        foreach (var odd in new[] { float.NaN, -1, 3, float.PositiveInfinity })
            column.Encode(odd).ShouldBe(3);
    }

    [Theory]
    [InlineData(1000, 9)]
    [InlineData(17, 9)]
    [InlineData(9, 9)]
    [InlineData(4, 9)]
    public void Knots_step_evenly_through_the_rows(int rows, int most)
    {
        float[] sorted = [.. Enumerable.Range(0, rows).Select(i => (float)i)];
        var (knots, ranks) = InputColumnFit.Knots(sorted, most);
        knots.Length.ShouldBe(Math.Min(rows, most));
        knots[0].ShouldBe(0);
        knots[^1].ShouldBe(rows - 1);
        for (var k = 0; k < knots.Length; k++)
        {
            knots[k].ShouldBe(k * (rows - 1f) / (knots.Length - 1), 1);
            ranks[k].ShouldBe((knots[k] + 0.5) / rows, 1e-6);
        }
    }

    [Fact]
    public void A_value_that_fills_many_steps_is_one_knot() =>
        InputColumnFit.Knots([.. Enumerable.Repeat(0f, 900), .. Enumerable.Range(1, 100).Select(i => (float)i)], 5).Knots.ShouldBe([0, 100]);

    private static InputColumn Numeric(InputForm form, int bins, float[] values) => Fit(form, bins, values, new FeatureInfo("x", "x", FeatureKind.Numeric));

    private static InputColumn Fit(InputForm form, int bins, float[] values, FeatureInfo info) => InputColumnFit.Fit(
        new TrainingSet
        {
            Task = new TaskSpec(TaskKind.Regression, "y", []),
            FeatureInfos = [info],
            Features = new FeatureBatch(values.Length, 1, values),
            Labels = new float[values.Length],
        }, 0, form, bins);

    private static float[] Inputs(InputColumn column, float number)
    {
        var inputs = new float[column.Width];
        column.Expand(column.Encode(number), inputs);
        return inputs;
    }
}
