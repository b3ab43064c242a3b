using AlgoFactory.Learning.Stacking;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Stacking;

public class ScoreMarginsTests
{
    private static TaskSpec Task(TaskKind kind) => new(kind, "y", kind switch { TaskKind.Binary => ["n", "y"], TaskKind.Multiclass => ["a", "b", "c"], _ => [] });

    [Theory]
    [InlineData(TaskKind.Binary)]
    [InlineData(TaskKind.Multiclass)]
    [InlineData(TaskKind.Regression)]
    public void Margins_are_standardised_and_can_be_undone(TaskKind kind)
    {
        var task = Task(kind);
        var random = new Sequence(4);
        var models = Enumerable.Range(0, 2).Select(m => Enumerable.Range(0, 300 * task.OutputWidth)
            .Select(_ => (float)(task.IsClassification ? 0.02 + 0.96 * random.NextDouble() : 1e5 * (m + 1) * (7 + random.NextDouble()))).ToArray()).ToArray();
        var margins = ScoreMargins.Fit(task, [.. models.Select(m => (ReadOnlyMemory<float>)m)]);
        margins.Columns.ShouldBe(2 * task.OutputWidth);

        var rows = new float[300 * margins.Columns];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = models[i % margins.Columns / task.OutputWidth][i / margins.Columns * task.OutputWidth + i % task.OutputWidth];
        var scores = (float[])rows.Clone();
        margins.Apply(rows);

        for (var column = 0; column < margins.Columns; column++)
        {
            var values = Enumerable.Range(0, 300).Select(r => (double)rows[r * margins.Columns + column]).ToArray();
            values.Average().ShouldBe(0, 1e-5);
            values.Average(v => v * v).ShouldBe(1, 1e-4);
        }

        for (var i = 0; i < rows.Length; i++)
            margins.Restore(rows[i], i % margins.Columns).ShouldBe(scores[i], 1e-6 * Math.Max(1, Math.Abs(scores[i])));
    }

    [Fact]
    public void Order_is_kept_and_certainty_is_bounded()
    {
        var margins = ScoreMargins.Fit(Task(TaskKind.Binary), [new float[] { 0.2f, 0.4f, 0.9f }]);
        float[] rows = [0, 0.1f, 0.5f, 0.99f, 1];
        margins.Apply(rows);
        rows.ShouldBe(rows.Order());
        rows.ShouldAllBe(m => float.IsFinite(m));
        margins.Restore(rows[4], 0).ShouldBe(1, 2e-6);
        margins.Restore(rows[0], 0).ShouldBe(0, 2e-6);
    }

    [Fact]
    public void What_is_no_number_is_the_mean_and_a_constant_stays_one()
    {
        var margins = ScoreMargins.Fit(Task(TaskKind.Regression), [new float[] { 1, 3, float.NaN, float.PositiveInfinity }, new float[] { 5, 5, 5, 5 }]);
        (margins.Centers[0], margins.Scales[0], margins.Centers[1], margins.Scales[1]).ShouldBe((2, 1, 5, 1));
        float[] row = [float.NaN, 5];
        margins.Apply(row);
        row.ShouldBe([0, 0]);
        margins.Restore(row[0], 0).ShouldBe(2);
    }
}
