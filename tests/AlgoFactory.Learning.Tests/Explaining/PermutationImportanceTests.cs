using AlgoFactory.Learning.Explaining;
using AlgoFactory.Learning.Learners.Trees;
using AlgoFactory.Learning.Metrics;
using AlgoFactory.TestKit;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class PermutationImportanceTests
{
    [Theory]
    [InlineData("rmse")]
    [InlineData("r2")]
    public void A_column_is_worth_what_the_measure_loses_and_an_unused_one_nothing(string name)
    {
        var random = new Sequence(3);
        var table = SmallTables.Of(
            new Data.Frames.NumericColumn("much", [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())]),
            new Data.Frames.NumericColumn("little", [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())]),
            new Data.Frames.NumericColumn("noise", [.. Enumerable.Range(0, 200).Select(_ => random.NextDouble())]),
            SmallTables.Categories("constant", [.. Enumerable.Repeat("a", 200)]));
        var columns = table.Columns;
        float[] labels = [.. Enumerable.Range(0, 200).Select(i => (float)(9 * Value("much", i) + 2 * Value("little", i)))];
        double Value(string column, int row) => ((Data.Frames.NumericColumn)table[column]).Values[row];
        var task = new TaskSpec(TaskKind.Regression, "y", []);
        var predictor = SmallTables.Fit(SmallTables.Schema(table), task, table, labels, "gbdt");
        var metric = MetricCatalog.Find(name, TaskKind.Regression);

        var report = PermutationImportance.Measure(predictor, table, labels, metric, 4, 1);
        report.Columns.Select(c => c.Column).Take(2).ShouldBe(["much", "little"]);
        var constant = report.Columns.Single(c => c.Column == "constant");
        (constant.Importance, constant.StandardError).ShouldBe((0, 0));

        // The naive twin: one shuffle after the other, with the same orders.
        var score = metric.Compute(predictor.Predict(table).Scores, 1, labels, default);
        report.Score.ShouldBe(score);
        for (var c = 0; c < columns.Length; c++)
        {
            double[] drops = [.. Enumerable.Range(0, 4).Select(r =>
            {
                var order = Permutations.Of(200, SplitMix.Hash(1, (ulong)c, (ulong)r));
                order.Order().ShouldBe(Enumerable.Range(0, 200));
                var shuffled = new Data.Frames.Frame(200, [.. columns.Select((column, i) => i == c ? column.Take(order) : column)]);
                return (metric.HigherIsBetter ? 1 : -1) * (score - metric.Compute(predictor.Predict(shuffled).Scores, 1, labels, default));
            })];
            var own = report.Columns.Single(r => r.Column == columns[c].Name);
            own.Importance.ShouldBe(drops.Average(), 1e-12);
            own.StandardError.ShouldBe(Math.Sqrt(drops.Sum(d => Math.Pow(d - drops.Average(), 2)) / 3) / 2, 1e-9);
        }

        PermutationImportance.Measure(predictor, table, labels, metric, 4, 1).Columns.ShouldBe(report.Columns);
    }
}
