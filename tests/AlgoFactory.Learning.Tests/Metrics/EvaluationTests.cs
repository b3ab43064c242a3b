using AlgoFactory.Learning.Metrics;
using Shouldly;
using Xunit;

namespace AlgoFactory.Learning.Tests.Metrics;

public class EvaluationTests
{
    private static readonly TaskSpec Binary = new(TaskKind.Binary, "label", ["no", "yes"]);
    private static readonly TaskSpec Multiclass = new(TaskKind.Multiclass, "label", ["a", "b", "c"]);
    private static readonly TaskSpec Regression = new(TaskKind.Regression, "label", []);

    [Fact]
    public void A_report_has_the_task_s_metrics_in_order()
    {
        Names(Evaluation.Report(Binary, [.1f, .9f], [0, 1])).ShouldBe(["auc", "logloss", "accuracy", "f1", "precision", "recall", "prAuc", "brier"]);
        Names(Evaluation.Report(Multiclass, [.1f, .8f, .1f], [1])).ShouldBe(["logloss", "accuracy", "macroF1", "macroAuc"]);
        Names(Evaluation.Report(Regression, [1], [1])).ShouldBe(["rmse", "mae", "r2", "mape", "medianAe"]);
    }

    [Fact]
    public void The_threshold_decides_what_counts_as_positive()
    {
        float[] scores = [.1f, .3f, .6f, .9f];
        float[] labels = [0, 1, 0, 1];
        Evaluation.Report(Binary, scores, labels, [], 0.5)["recall"].ShouldBe(0.5);
        var low = Evaluation.Report(Binary, scores, labels, [], 0.2);
        low["recall"].ShouldBe(1);
        low["precision"].ShouldBe(2.0 / 3, 1e-12);
        low.Confusion!.Counts.Select(r => r.ToArray()).ShouldBe([[1L, 1L], [0L, 2L]]);
    }

    [Fact]
    public void Rows_of_confusion_are_actual_classes()
    {
        var report = Evaluation.Report(Multiclass, [.8f, .1f, .1f, .1f, .8f, .1f, .1f, .8f, .1f], [0, 1, 2]);
        report.Confusion!.Labels.ShouldBe(["a", "b", "c"]);
        report.Confusion.Counts.Select(r => r.ToArray()).ShouldBe([[1L, 0L, 0L], [0L, 1L, 0L], [0L, 1L, 0L]]);
    }

    [Fact]
    public void Classes_never_seen_in_training_are_wrong_and_shown_as_such()
    {
        float[] scores = [.8f, .1f, .1f, .1f, .8f, .1f, .1f, .1f, .8f, .8f, .1f, .1f];
        var report = Evaluation.Report(Multiclass, scores, [0, 1, 2, -1]);
        report["accuracy"].ShouldBe(0.75);
        report["macroF1"].ShouldBe((2.0 / 3 + 1 + 1 + 0) / 4, 1e-12);
        report["macroAuc"].ShouldBe(1);
        report.Confusion!.Labels.ShouldBe(["a", "b", "c", ConfusionTable.Unseen]);
        report.Confusion.Counts[3].ShouldBe([1L, 0L, 0L, 0L]);
        Evaluation.Report(Binary, [.9f, .1f], [-1, 0])["accuracy"].ShouldBe(0.5);
    }

    [Fact]
    public void Zero_targets_are_left_out_of_mape_and_counted()
    {
        var report = Evaluation.Report(Regression, [1, 1.1f, 2], [0, 1, 4]);
        report["mape"].ShouldBe(0.3, 1e-6);
        report.MapeZeroTargets.ShouldBe(1);
        report.Confusion.ShouldBeNull();
    }

    [Fact]
    public void A_roc_curve_goes_from_corner_to_corner_and_its_area_is_the_auc()
    {
        var random = new Random(2);
        var labels = Enumerable.Range(0, 150).Select(_ => (float)random.Next(2)).ToArray();
        var scores = labels.Select(l => (float)Math.Round(0.3 * l + 0.7 * random.NextDouble(), 2)).ToArray();
        var curves = Evaluation.Curves(Binary, scores, labels);
        (curves.Roc[0].X, curves.Roc[0].Y, curves.Roc[^1].X, curves.Roc[^1].Y).ShouldBe((0, 0, 1, 1));
        var area = curves.Roc.Zip(curves.Roc.Skip(1), (a, b) => (b.X - a.X) * (a.Y + b.Y) / 2).Sum();
        area.ShouldBe(Evaluation.Report(Binary, scores, labels)["auc"], 1e-9);
        curves.PrecisionRecall[^1].X.ShouldBe(1);
        curves.Calibration.Length.ShouldBe(10);
        curves.Calibration.ShouldAllBe(p => p.X >= 0 && p.X <= 1 && p.Y >= 0 && p.Y <= 1);
        curves.Confusion.Sum(r => r.Sum()).ShouldBe(150);
        // The gain curve's area is that of the ROC curve with the positives themselves among the rows: π / 2 + (1 - π) AUC.
        var positives = labels.Count(l => l > 0) / 150.0;
        var gain = curves.Gain.Zip(curves.Gain.Skip(1), (a, b) => (b.X - a.X) * (a.Y + b.Y) / 2).Sum();
        gain.ShouldBe(positives / 2 + (1 - positives) * area, 1e-9);
    }

    [Fact]
    public void Several_classes_are_calibrated_by_what_is_predicted()
    {
        var three = new TaskSpec(TaskKind.Multiclass, "y", ["a", "b", "c"]);
        var curve = Evaluation.Curves(three, [0.6f, 0.3f, 0.1f, 0.1f, 0.64f, 0.26f, 0.2f, 0.05f, 0.75f], new float[] { 0, 2, 2 }).Calibration;
        curve.Length.ShouldBe(2);
        // Two rows are predicted with 60 % and 64 %, one of them rightly.
        curve[0].X.ShouldBe(0.62, 1e-6);
        curve[0].Y.ShouldBe(0.5);
        (curve[1].X, curve[1].Y).ShouldBe((0.75, 1));
    }

    [Fact]
    public void Curves_are_thinned_to_what_a_page_can_draw()
    {
        var scores = Enumerable.Range(0, 5000).Select(i => i / 5000f).ToArray();
        var labels = Enumerable.Range(0, 5000).Select(i => (float)(i % 2)).ToArray();
        var curves = Evaluation.Curves(Binary, scores, labels);
        (curves.Roc.Length, curves.PrecisionRecall.Length).ShouldBe((200, 200));
        Evaluation.Curves(Regression, scores, labels).PredictedActual.Length.ShouldBe(500);
    }

    private static IEnumerable<string> Names(EvaluationReport report) => report.Metrics.Select(m => m.Key);
}
