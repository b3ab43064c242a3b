using AlgoFactory.Data.Frames;
using AlgoFactory.Learning.Explaining;
using AlgoFactory.TestKit.Models;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Explaining;

public class FairnessTableTests
{
    [Fact]
    public void Groups_are_counted_as_by_hand()
    {
        // Women: 40 rows, 20 positive; 10 of these and 2 of the others selected. Men: 60 rows, 20 positive; 16 and 14 selected.
        // Three rows of a third group are too few for the differences.
        var (sex, scores, labels) = (new List<string>(), new List<float>(), new List<float>());
        void Add(string group, int rows, float score, float label)
        {
            for (var i = 0; i < rows; i++)
            {
                sex.Add(group);
                scores.Add(score);
                labels.Add(label);
            }
        }

        Add("f", 10, 0.9f, 1);
        Add("f", 10, 0.1f, 1);
        Add("f", 2, 0.9f, 0);
        Add("f", 18, 0.1f, 0);
        Add("m", 16, 0.9f, 1);
        Add("m", 4, 0.1f, 1);
        Add("m", 14, 0.9f, 0);
        Add("m", 26, 0.1f, 0);
        Add("x", 3, 0.9f, 1);
        var column = SmallTables.Categories("sex", [.. sex]);
        var spec = SmallTables.Schema(SmallTables.Of(column)).Columns[0];
        var task = new TaskSpec(TaskKind.Binary, "y", ["no", "yes"]);
        var report = FairnessTable.Measure(column, spec, new Predictions(task, new PostProcessing(), [.. scores]), labels.ToArray());

        report.Selected.ShouldBe("yes");
        report.Groups.Select(g => g.Name).ShouldBe(["m", "f", "x"]);
        var (men, women) = (report.Groups[0], report.Groups[1]);
        (women.Rows, women.BaseRate, women.SelectionRate, women.TruePositiveRate, women.FalsePositiveRate, women.Precision, women.Accuracy)
            .ShouldBe((40, 0.5, 0.3, 0.5, 0.1, 10.0 / 12, 28.0 / 40));
        (men.SelectionRate, men.TruePositiveRate, men.FalsePositiveRate).ShouldBe((0.5, 0.8, 0.35));
        women.SelectionInterval.ShouldBe(HypothesisTests.Wilson(12, 40));
        women.TruePositiveInterval.ShouldBe(HypothesisTests.Wilson(10, 20));
        report.DemographicParityDifference!.Value.ShouldBe(0.2, 1e-12);
        report.DemographicParityRatio!.Value.ShouldBe(0.6, 1e-12);
        report.PassesFourFifths.ShouldBe(false);
        // True positive rates differ by 0.3, false positive rates by 0.25.
        report.EqualizedOddsDifference!.Value.ShouldBe(0.3, 1e-12);
        (report.Groups[2].SelectionRate, report.Groups[2].FalsePositiveRate).ShouldBe((1, null));
    }

    [Fact]
    public void Of_several_classes_each_is_measured_against_the_rest()
    {
        var random = new Sequence(3);
        var (groups, labels, scores) = (new string[400], new float[400], new float[1600]);
        for (var row = 0; row < groups.Length; row++)
        {
            groups[row] = random.Chance(0.4) ? "f" : "m";
            labels[row] = random.Next(0, 4);
            // Men of the last class are never found.
            var predicted = random.Chance(0.7) ? (int)labels[row] : random.Next(0, 4);
            scores[4 * row + (groups[row] == "m" && predicted == 3 ? 0 : predicted)] = 1;
        }

        var column = SmallTables.Categories("sex", groups);
        var spec = SmallTables.Schema(SmallTables.Of(column)).Columns[0];
        var predictions = new Predictions(new TaskSpec(TaskKind.Multiclass, "y", ["a", "b", "c", "d"]), new PostProcessing(), scores);
        var reports = FairnessTable.MeasureAll(column, spec, predictions, labels).ToArray();

        reports.Select(r => r.Selected).ShouldBe(["a", "b", "c", "d"]);
        foreach (var (report, selected) in reports.Select((r, i) => (r, i)))
            foreach (var group in report.Groups)
            {
                // The plain way: each share counted by itself.
                var rows = Enumerable.Range(0, groups.Length).Where(r => groups[r] == group.Name).ToArray();
                double Share(Func<int, bool> of, Func<int, bool> which) => (double)rows.Count(r => of(r) && which(r)) / rows.Count(of);
                group.SelectionRate.ShouldBe(Share(_ => true, r => predictions.ClassIndex(r) == selected));
                group.BaseRate.ShouldBe(Share(_ => true, r => labels[r] == selected));
                group.TruePositiveRate.ShouldBe(Share(r => labels[r] == selected, r => predictions.ClassIndex(r) == selected));
                group.FalsePositiveRate.ShouldBe(Share(r => labels[r] != selected, r => predictions.ClassIndex(r) == selected));
                group.Accuracy.ShouldBe(Share(_ => true, r => (predictions.ClassIndex(r) == selected) == (labels[r] == selected)));
            }

        (reports[3].PassesFourFifths, reports[3].DemographicParityRatio).ShouldBe((false, 0));
    }

    [Fact]
    public void Of_many_classes_the_most_frequent_ones_are_measured()
    {
        var column = SmallTables.Categories("sex", [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? "f" : "m")]);
        var spec = SmallTables.Schema(SmallTables.Of(column)).Columns[0];
        var classes = Enumerable.Range(0, 15).Select(i => $"c{i}").ToArray();
        // Class i is as frequent as i + 1.
        var labels = Enumerable.Range(0, 300).Select(i => (float)(int)(Math.Sqrt(1 + 8 * (i % 120)) - 1) / 2).Select(l => MathF.Floor(l)).ToArray();
        var predictions = new Predictions(new TaskSpec(TaskKind.Multiclass, "y", [.. classes]), new PostProcessing(), new float[300 * 15]);

        FairnessTable.MeasureAll(column, spec, predictions, labels).Select(r => r.Selected).ShouldBe(classes[5..]);
    }

    [Fact]
    public void Values_have_mean_errors_and_text_no_groups()
    {
        var column = new NumericColumn("n", [.. Enumerable.Range(0, 80).Select(i => (double)(i % 2))]);
        var spec = SmallTables.Schema(SmallTables.Of(column)).Columns[0];
        var task = new TaskSpec(TaskKind.Regression, "y", []);
        var predictions = new Predictions(task, new PostProcessing(), [.. Enumerable.Range(0, 80).Select(i => i % 2 == 0 ? 5f : 7f)]);
        var report = FairnessTable.Measure(column, spec, predictions, Enumerable.Repeat(6f, 80).ToArray());
        report.Groups.Select(g => (g.MeanPrediction, g.MeanError, g.MeanAbsoluteError)).ShouldBe([(5, -1, 1), (7, 1, 1)]);
        (report.MeanErrorDifference, report.DemographicParityRatio, report.PassesFourFifths, report.Selected).ShouldBe((2, null, null, null));
        var text = new TextColumn("t", new string?[80]);
        Should.Throw<LearningException>(() => FairnessTable.Measure(text, spec, predictions, new float[80])).Message.ShouldContain("no groups");
    }
}
