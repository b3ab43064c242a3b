using AlgoFactory.Data;
using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Hosting.Tests.Evaluation;

public sealed class EvaluateModelTests(TrainedModel models) : IClassFixture<TrainedModel>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Classes_are_measured_with_a_confusion_matrix()
    {
        var report = EvaluateModel.Run(models.Penguins, TempFolder.Sample("penguins.csv"), TrainedModel.Read, default);

        report.Task.ShouldBe("multiclass");
        report.Rows.ShouldBe(344);
        report.Unlabelled.ShouldBe(0);
        report.Metrics.Keys.ShouldBe(["accuracy", "confusion", "logloss", "macroAuc", "macroF1"], ignoreOrder: true);
        ((double)report.Metrics["accuracy"]!).ShouldBeGreaterThan(0.95);
        var confusion = (ConfusionTable)report.Metrics["confusion"]!;
        confusion.Labels.ShouldBe(models.Penguins.Predictor.Task.Classes);
        confusion.Counts.Sum(row => row.Sum()).ShouldBe(344);
    }

    [Fact]
    public void Rows_without_a_label_are_counted_apart_and_unseen_labels_are_wrong()
    {
        var lines = File.ReadAllLines(TempFolder.Sample("penguins.csv"));
        var at = Array.IndexOf(lines[0].Split(','), "species");
        string WithLabel(string line, string label)
        {
            var fields = line.Split(',');
            fields[at] = label;
            return string.Join(',', fields);
        }

        var file = _folder.Write("test.csv", string.Join('\n', [lines[0], lines[1], lines[2], WithLabel(lines[3], ""), WithLabel(lines[4], "Emperor")]) + "\n");

        var report = EvaluateModel.Run(models.Penguins, file, TrainedModel.Read, default);

        (report.Rows, report.Unlabelled).ShouldBe((4, 1));
        ((double)report.Metrics["accuracy"]!).ShouldBe(2.0 / 3, 1e-9);
        ((ConfusionTable)report.Metrics["confusion"]!).Labels[^1].ShouldBe(ConfusionTable.Unseen);
    }

    [Fact]
    public void Values_are_measured_and_zero_targets_counted()
    {
        var lines = File.ReadAllLines(TempFolder.Sample("concrete.csv"));
        var at = Array.IndexOf(lines[0].Split(','), "compressive_strength");
        var zero = lines[1].Split(',');
        zero[at] = "0";
        var file = _folder.Write("test.csv", string.Join('\n', lines.Append(string.Join(',', zero))) + "\n");

        var report = EvaluateModel.Run(models.Concrete, file, TrainedModel.Read, default);

        report.Metrics.Keys.ShouldBe(["rmse", "mae", "r2", "mape", "mapeZeroTargets", "medianAe"], ignoreOrder: true);
        report.Metrics["mapeZeroTargets"].ShouldBe(1);
        double.IsFinite((double)report.Metrics["mape"]!).ShouldBeTrue();
    }

    [Fact]
    public void A_file_without_the_label_cannot_be_measured()
    {
        var file = _folder.Write("test.csv", "island,speceis\nBiscoe,Gentoo\n");

        Should.Throw<DataFormatException>(() => EvaluateModel.Run(models.Penguins, file, TrainedModel.Read, default)).Message.ShouldContain("did you mean 'speceis'?");
    }
}
