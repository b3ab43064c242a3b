using AlgoFactory.Hosting.Evaluation;
using AlgoFactory.Learning.Metrics;

namespace AlgoFactory.Cli.Output;

/// <summary>Prints what <c>evaluate</c> measured, for people.</summary>
internal static class EvaluationPrinter
{
    public static void Print(EvaluationOutcome report)
    {
        Console.Out.WriteLine($"{report.Task}, {report.Rows} rows{(report.Unlabelled > 0 ? $" ({report.Unlabelled} without a label left out)" : "")}");
        if (report.Threshold is { } threshold)
            Console.Out.WriteLine($"threshold {Tables.Number(threshold)} ({report.ThresholdRule ?? "auto"}), calibration {report.Calibration ?? "none"}");
        var table = Tables.Of("metric", "value");
        foreach (var (name, value) in report.Metrics)
            if (value is not ConfusionTable)
                table.Add(name, value is double number ? Tables.Number(number) : $"{value}");
        Tables.Print(table);
        if (!report.Coverage.IsEmpty)
        {
            var coverage = Tables.Of(report.Task == "regression" ? "interval" : "set", "held", "mean size");
            foreach (var each in report.Coverage)
                coverage.Add(Tables.Number(each.Level), Tables.Number(each.Covered), Tables.Number(each.MeanSize));
            Tables.Print(coverage);
        }

        if (report.Metrics.Values.OfType<ConfusionTable>().FirstOrDefault() is not { Labels.Length: <= 12 } confusion)
            return;
        var matrix = Tables.Of(["actual \\ predicted", .. confusion.Labels]);
        for (var row = 0; row < confusion.Labels.Length; row++)
            matrix.Add([confusion.Labels[row], .. confusion.Counts[row].Select(c => $"{c}")]);
        Tables.Print(matrix);
    }
}
